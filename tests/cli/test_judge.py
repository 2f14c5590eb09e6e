"""`classify` and `evaluate`: the label, and why; how many, and which not."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from skill.cli import app
from skill.cli.failures import BadFileError

ITEMS = [
    {"id": "a", "lang": "en", "text": "Sign in with my ChatGPT account", "accept": ["oauth"]},
    {"id": "b", "lang": "zh", "text": "完成了", "state": "awaiting_confirm", "accept": ["confirm"]},
    {"id": "c", "lang": "en", "text": "Use my Codex subscription", "accept": ["none"]},
    {"id": "d", "text": "done", "state": "awaiting_confirm", "accept": ["not_yet", "help"]},
]


def run(*arguments: str) -> Result:
    """In this process: nothing here depends on the surroundings."""
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def items(tmp_path: Path) -> str:
    path = tmp_path / "items.jsonl"
    path.write_text("\n".join(map(json.dumps, ITEMS)), encoding="utf-8")
    return str(path)


def test_the_words_that_counted_are_marked() -> None:
    """In brackets, where there is no colour."""
    said = run("classify", "please use 我的 Codex subscription").stdout
    label, marked = said.splitlines()
    assert label.startswith("oauth  (zh)  rule: ") or label.startswith("oauth  (en)  rule: ")
    assert "[Codex]" in marked and "[subscription]" in marked


def test_the_state_asks_another_question() -> None:
    """`weak` and the evidence stand in the JSON."""
    done = run("classify", "yes", "--state", "awaiting_confirm", "--json")
    assert {"label": "confirm", "weak": True}.items() <= json.loads(done.stdout).items()
    assert run("classify", "yes").stdout.startswith("none")
    assert run("classify", "yes", "--state", "elsewhere").exit_code == 2


def test_evaluation_names_what_must_not_happen_first(items: str) -> None:
    """False starts and false confirmations first, then shares, confusion and the wrong items."""
    said = run("evaluate", items).stdout.splitlines()
    assert said[:3] == ["False starts: 1", "False confirmations: 1", "Right: 2 of 4 (50.00%)"]
    assert said[-1].startswith("d  awaiting_confirm  not_yet|help → confirm (")
    told = json.loads(run("evaluate", items, "--json").stdout)
    assert (told["right"], told["total"], told["false_starts"][0]["id"]) == (2, 4, "c")


@pytest.mark.parametrize(("wanted", "status"), [("0.5", 0), ("0.51", 1)])
def test_a_share_that_is_not_reached_ends_with_1(items: str, wanted: str, status: int) -> None:
    """For continuous integration."""
    assert run("evaluate", items, "--min-accuracy", wanted).exit_code == status


@pytest.mark.parametrize("line", ["no json", '{"text": "x", "accept": ["unheard_of"]}', '{"text": "x", "accept": []}'])
def test_a_wrong_line_is_named(items: str, line: str) -> None:
    """File and line, no traceback."""
    Path(items).write_text(f"{json.dumps(ITEMS[0])}\n{line}\n", encoding="utf-8")
    failure = run("evaluate", items).exception
    assert isinstance(failure, BadFileError) and "items.jsonl, line 2: " in str(failure)
