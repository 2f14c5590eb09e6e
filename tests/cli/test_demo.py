"""`demo`: by itself without a terminal, and honest about what it sees."""

from pathlib import Path

import pytest
import typer

from skill import Settings
from skill.cli import scenes
from skill.cli.demo import _perform
from skill.cli.host import host
from skill.cli.screen import Screen
from skill.simulator import LocalProvider, Served

from .conftest import run


def test_it_plays_both_languages_and_counts(environment: dict[str, str], tmp_path: Path) -> None:
    """Without a terminal it plays by itself, ends with 0 and leaves nothing behind."""
    left = tmp_path / "left"
    left.mkdir()
    odd = {"TMPDIR": str(left), "CODEX_ONBOARDING_STARTS_PER_HOUR": "1", "HTTP_PROXY": "http://127.0.0.1:9"}
    done = run(environment | odd, "demo")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("\n5 confirmations, 5 polls. All as promised.\n")
    assert "Connected as ana@example.test." in done.stdout and "已以wei@example.test身份连接" in done.stdout
    assert list(left.iterdir()) == []


def test_requests_stand_between_the_messages(environment: dict[str, str]) -> None:
    """That nothing polls by itself can be seen: a poll only ever follows a confirmation."""
    spoken = [line.split() for line in run(environment, "demo").stdout.splitlines()]
    marked = [row for row in spoken if row[:1] in (["you"], ["provider"])]
    before = [marked[at - 1][1:] for at, row in enumerate(marked) if row[0] == "provider" and row[2] == "poll"]
    assert before == [["done"], ["I'm", "done"], ["完成了"], ["完成了"], ["已授权"]]


def test_a_broken_promise_ends_with_1_and_says_why(
    tmp_path: Path, provider: LocalProvider, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    """Here: the provider fails where the scene promises a code."""
    provider.fault("start", "500")
    settings = Settings(home=tmp_path, issuer=served.issuer, backend_url=served.backend_url)
    with host(settings) as skill, pytest.raises(typer.Exit) as ended:
        _perform(Screen(), skill, served)
    assert ended.value.exit_code == 1
    said = capsys.readouterr().err
    assert "not as promised: after 'subscription': failed with [start], promised: awaiting_confirm" in said


def test_every_scene_ends_logged_out() -> None:
    """The demo leaves no login at its provider."""
    last = [scene[-1] for scene in (scenes.ENGLISH, scenes.CHINESE)]
    assert [line.requests for line in last if isinstance(line, scenes.Line)] == ["revoke", "revoke"]
