"""The wheel in an empty environment does what README promises."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import skills_ref

from skill.folder import NAME

from .conftest import ROOT, Dist, Environment, environment


@pytest.fixture(scope="module")
def installed(dist: Dist) -> Iterator[Environment]:
    with environment(dist.wheel.path, "demo") as installed:
        yield installed


def test_it_is_the_wheel_that_runs(installed: Environment) -> None:
    done = installed.run("python", "-c", "import skill, intents; print(skill.__file__, intents.__file__, sep='\\n')")
    assert [Path(line).is_relative_to(installed.bin.parent) for line in done.stdout.split()] == [True, True]


def test_the_demo_plays_by_itself(installed: Environment) -> None:
    done = installed.run("codex-onboarding", "demo")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("All as promised.\n")


@pytest.mark.parametrize("name", ["connect.en", "connect.zh"])
def test_a_script_is_replayed(installed: Environment, name: str) -> None:
    done = installed.run("codex-onboarding", "replay", ROOT / "tests" / "conversations" / f"{name}.conversation.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("1 conversation, all as written.\n")


def test_the_skill_is_exported(installed: Environment) -> None:
    done = installed.run("codex-onboarding", "skill", "export", "skills")
    assert (done.returncode, done.stderr) == (0, "")
    assert skills_ref.validate(installed.room / "skills" / NAME) == []
    assert (installed.room / "skills" / NAME / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_a_wish_is_understood_and_the_pages_are_there(installed: Environment) -> None:
    """The data of both packages came along."""
    understood = installed.run("codex-onboarding", "classify", "使用我的Codex订阅")
    assert (understood.returncode, "oauth" in understood.stdout) == (0, True)
    assert installed.run("codex-onboarding", "replay", "--schema").stdout.startswith("{")
