"""The pages for whoever reports something: their commands, labels and runtimes are those of the code."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from intents import Label
from skill.cli import app

from .conftest import ROOT

TEMPLATES = ROOT / ".github" / "ISSUE_TEMPLATE"
FORMS = sorted(path for path in TEMPLATES.glob("*.yml") if path.stem != "config")
PAGES = [*FORMS, ROOT / "SECURITY.md"]


def form(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((TEMPLATES / f"{name}.yml").read_text(encoding="utf-8"))
    return loaded


def options(name: str, field: str) -> list[str]:
    (found,) = [part for part in form(name)["body"] if part.get("id") == field]
    listed: list[str] = found["attributes"]["options"]
    return listed


def test_there_is_a_form_for_a_bug_a_sentence_and_a_runtime() -> None:
    assert [path.stem for path in FORMS] == ["bug", "runtime", "sentence"]
    for path in FORMS:
        loaded = form(path.stem)
        assert loaded["name"] and loaded["description"] and loaded["labels"]
        fields = [part["id"] for part in loaded["body"] if part["type"] != "markdown"]
        assert len(fields) == len(set(fields)) >= 4


@pytest.mark.parametrize("name", ["bug", "sentence"])
def test_a_form_where_a_hole_could_be_told_points_to_the_private_way(name: str) -> None:
    (told,) = [part["attributes"]["value"] for part in form(name)["body"] if part["type"] == "markdown"]
    assert "SECURITY.md" in told and "private" in told and "code" in told


def test_a_sentence_may_mean_every_label() -> None:
    assert sorted(options("sentence", "label")) == sorted(Label)


def test_every_runtime_with_a_page_can_be_named() -> None:
    """A word of each file's name stands in an option."""
    named = " ".join(options("bug", "runtime")).lower()
    pages = {path.stem for path in (ROOT / "docs" / "runtimes").glob("*.md")}
    assert pages and {page for page in pages if page not in named} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_the_pages_exists(page: Path) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(re.findall(r"codex-onboarding ([a-z]+)", page.read_text(encoding="utf-8"))) <= commands.keys()


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_every_file_that_the_pages_name_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[A-Z]+\.md)`", text) + re.findall(r"\]\(([^)#:]+)\)", text)
    assert [name for name in named if not (ROOT / name).exists()] == []
