"""`replay`: what it prints, and how it ends."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from skill.cli import app
from skill.testing.reading import schema

from .conftest import run

RIGHT = "title: Right\nsteps:\n  - Ana: what's the weather\n    skill: passes through\n"
DIFFERENT = "title: Different\nsteps:\n  - Ana: what's the weather\n    skill: display\n"
WRONG = "title: Wrong\nsteps:\n  - Ana: hi\n    skil: display\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"a": RIGHT, "b": DIFFERENT}.items():
        (tmp_path / f"{name}.conversation.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "other.yaml").write_text("mine: true\n", encoding="utf-8")
    return tmp_path


def replay(*arguments: str) -> Result:
    """In this process: nothing here depends on the surroundings."""
    return CliRunner().invoke(app, ["replay", *arguments])


def test_a_conversation_that_goes_as_written_ends_with_0(folder: Path) -> None:
    done = replay(str(folder / "a.conversation.yaml"))
    assert done.exit_code == 0
    assert "      Ana  what's the weather\n           [passes through]" in done.stdout
    assert done.stdout.endswith("1 conversation, all as written.\n")


def test_a_difference_ends_with_1_and_is_shown(folder: Path) -> None:
    """Of a folder every script is played, and nothing else."""
    done = replay(str(folder), "--quiet")
    assert done.exit_code == 1
    assert "Right" not in done.stdout
    shown = f"{folder / 'b.conversation.yaml'}:3: not as written\n  - skill: display\n  + skill: passes through\n"
    assert shown in done.stdout
    assert done.stdout.endswith("2 conversations, 1 not as written.\n")


def test_a_program_reads_a_line_for_each_file(folder: Path) -> None:
    done = replay(str(folder), "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["title"], one["as_written"]) for one in told] == [("Right", True), ("Different", False)]


def test_a_wrong_file_ends_with_2_before_anything_is_played(environment: dict[str, str], folder: Path) -> None:
    wrong = folder / "c.conversation.yaml"
    wrong.write_text(WRONG, encoding="utf-8")
    done = run(environment, "replay", str(folder))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"codex-onboarding: {wrong}:4: steps.0.skil: no such key here; did you mean 'skill'?\n"


def test_a_conversation_writes_nothing_but_its_transcript(environment: dict[str, str], folder: Path) -> None:
    """The kit reads all that is logged; none of it belongs on the screen."""
    done = run(environment, "replay", str(folder / "a.conversation.yaml"))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("missing", ["nowhere.conversation.yaml", "."])
def test_a_file_that_is_not_there_ends_with_2(environment: dict[str, str], tmp_path: Path, missing: str) -> None:
    done = run(environment, "replay", str(tmp_path / missing))
    assert done.returncode == 2
    assert str(tmp_path) in done.stderr or "No such file" in done.stderr


def test_the_schema_is_printed_for_editors() -> None:
    assert json.loads(replay("--schema").stdout) == schema()
