"""`skill export`: a self-contained folder that the public validator accepts."""

import re
from pathlib import Path

import pytest
import skills_ref
from click.testing import Result
from typer.testing import CliRunner

from skill.cli import app
from skill.core.replies import languages
from skill.folder import NAME

from .conftest import run


def export(*arguments: str) -> Result:
    """In this process: nothing here depends on the surroundings."""
    return CliRunner().invoke(app, ["skill", "export", *arguments])


def told(environment: dict[str, str], *arguments: str) -> str:
    """The one line of a refusal."""
    done = run(environment, "skill", "export", *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    return done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    done = export(str(tmp_path / "skills"))
    assert done.exit_code == 0 and done.stdout.startswith(f"{tmp_path / 'skills' / NAME} is written.")
    return tmp_path / "skills" / NAME


def test_the_folder_passes_the_public_validator(folder: Path) -> None:
    assert skills_ref.validate(folder) == []
    assert skills_ref.read_properties(folder).name == NAME


def test_the_chinese_twin_would_pass_it_as_the_document(folder: Path) -> None:
    (folder / "SKILL.zh.md").replace(folder / "SKILL.md")
    assert skills_ref.validate(folder) == []


def test_the_folder_is_self_contained(folder: Path) -> None:
    """Every link leads to a file in it, and every file but the licence is linked to."""
    linked = {link for name in ("SKILL.md", "SKILL.zh.md") for link in re.findall(r"\]\((.+?)\)", text(folder, name))}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == linked | {"LICENSE"}
    assert {f"replies/{language}.yaml" for language in languages()} < there
    assert text(folder, "LICENSE").startswith("MIT License")


def text(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def test_nothing_but_the_folder_is_left(folder: Path) -> None:
    assert list(folder.parent.iterdir()) == [folder]


def test_a_folder_that_exists_is_kept_unless_told_otherwise(environment: dict[str, str], folder: Path) -> None:
    (folder / "SKILL.md").write_text(f"---\nname: {NAME}\n---\nan earlier one\n", encoding="utf-8")
    (folder / "old.md").touch()
    assert told(environment, str(folder.parent)) == f"codex-onboarding: {folder} exists. --force replaces it.\n"
    assert "an earlier one" in text(folder, "SKILL.md")
    assert export(str(folder.parent), "--force").exit_code == 0
    assert skills_ref.validate(folder) == [] and not (folder / "old.md").exists()


@pytest.mark.parametrize("what", ["a folder", "a file", "a link"])
def test_what_is_no_copy_of_this_skill_is_never_replaced(
    environment: dict[str, str], tmp_path: Path, folder: Path, what: str
) -> None:
    """Not even with --force; nor what a link leads to."""
    place = tmp_path / "mine" / NAME
    place.parent.mkdir()
    match what:
        case "a folder":
            place.mkdir()
            (place / "SKILL.md").write_text("---\nname: something-else\n---\n", encoding="utf-8")
        case "a file":
            place.write_text("mine", encoding="utf-8")
        case "a link":
            place.symlink_to(folder)
    assert "is no copy of this skill. Move it away" in told(environment, str(place.parent), "--force")
    assert place.is_symlink() or place.is_file() or "something-else" in text(place, "SKILL.md")


def test_where_nothing_can_be_written_it_says_so(environment: dict[str, str], tmp_path: Path) -> None:
    """The cause, and what to do."""
    (tmp_path / "file").touch()
    said = told(environment, str(tmp_path / "file"))
    assert said.endswith("file is a file. Name the folder where the agent looks for skills.\n")
    said = told(environment, str(tmp_path / "file" / "skills"))
    assert said.endswith("can't be written: Not a directory. Name a folder that you may write to.\n")


def test_without_a_folder_the_help_shows_how(environment: dict[str, str]) -> None:
    done = run(environment, "skill", "export")
    assert done.returncode == 2 and "Missing argument 'DIR'" in done.stderr
    assert "Example: codex-onboarding skill export" in run(environment, "skill", "export", "--help").stdout
