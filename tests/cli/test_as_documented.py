"""The commands of SKILL.md and its Chinese twin, run as they stand there."""

import json
import shlex

import pytest

from skill.simulator import LocalProvider

from ..document.kit import BOTH, Document
from .conftest import run


@pytest.mark.parametrize("document", BOTH, ids=["en", "zh"])
def test_the_commands_connect_as_they_stand_there(
    document: Document,
    pointed: dict[str, str],
    provider: LocalProvider,
) -> None:
    """With the person's words quoted, which the operator has to allow."""
    (block,) = document.shell.blocks
    (setting,) = [name for name in document.shell.names if name.endswith("QUOTED_WORDS=1")]
    allowed_, pending_id, answers = dict([setting.split("=")]), "", []
    for line in block.splitlines():
        program, *arguments = shlex.split(line.replace("PENDING_ID", pending_id))
        done = run(pointed | allowed_, *arguments)
        assert (program, done.returncode) == ("codex-onboarding", 0), done.stderr
        answers.append(json.loads(done.stdout))
        pending_id = answers[-1].get("pending_id", pending_id)
        if "user_code" in answers[-1]:
            provider.approve(answers[-1]["user_code"])
    assert [answers[0]["connected"], answers[2]["status"]] == [False, "connected"]
    refused = run(pointed, *shlex.split(block.splitlines()[1])[1:])
    assert (refused.returncode, json.loads(refused.stdout)["error"]) == (1, "already_connected")
