"""The pytest plugin in somebody else's project: scripts are tests, and the fixtures are there."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RIGHT = "title: Nothing to do with us\nsteps:\n  - Ana: what's the weather\n    skill: passes through\n"
BOT = """
def test_the_fixtures_are_there(stage, local_provider):
    assert stage.say("Ana", "Sign in with my ChatGPT account").state == "awaiting_confirm"
    assert local_provider.provider.count() == 0
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "right.conversation.yaml").write_text(RIGHT)
    return tmp_path


def run(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, str(project)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_a_script_is_a_test_named_by_its_title(project: Path) -> None:
    (project / "test_bot.py").write_text(BOT)
    done = run(project, "-v")
    assert done.returncode == 0, done.stdout
    assert "right.conversation.yaml::Nothing to do with us PASSED" in done.stdout
    assert "test_bot.py::test_the_fixtures_are_there PASSED" in done.stdout


def test_a_script_that_differs_fails_with_its_transcript(project: Path) -> None:
    path = project / "right.conversation.yaml"
    path.write_text(RIGHT.replace("passes through", "display"))
    done = run(project)
    assert done.returncode == 1
    assert f"{path}:3: not as written\n  - skill: display\n  + skill: passes through\n" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_wrong_script_fails_to_be_collected(project: Path) -> None:
    path = project / "right.conversation.yaml"
    path.write_text(RIGHT.replace("skill:", "skil:"))
    done = run(project)
    assert done.returncode == 2
    assert f"{path}:4: steps.0.skil: no such key here; did you mean 'skill'?" in done.stdout
