"""The features as a page: every scenario with what became of it."""

import json
from pathlib import Path

import pytest

from website import promise

FEATURE = """\
Feature: Doors
  What a door does. conversation.md: section 9.

  Background:
    Given a door

  Scenario: It opens
    When Ana says "open <b>"
    Then it replies:
      \"\"\"
      Open

      & wide
      \"\"\"

  Scenario: It closes
    When Ana pulls

  Scenario: It locks
    When Ana turns the key

  Scenario Outline: It rings
    When Ana rings <times>

    Examples:
      | times |
      | once  |
      | twice |
"""


def ran(line: int, *steps: str, failed: str = "") -> dict[str, object]:
    """An element of a Cucumber report."""
    results = [{"name": step, "result": {"status": "passed"}} for step in ("a door", *steps)]
    if failed:
        results[-1]["result"] = {"status": "failed", "error_message": failed}
    return {"line": line, "steps": results}


REPORT = [
    {
        "uri": "features/doors.feature",
        "elements": [
            ran(7, 'Ana says "open <b>"', "it replies:"),
            ran(16, "Ana pulls", failed="assert <stuck>"),
            ran(22, "Ana rings twice"),
        ],
    }
]


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "doors.feature").write_text(FEATURE)
    (tmp_path / "report.json").write_text(json.dumps(REPORT))
    return promise.pages(tmp_path / "report.json", tmp_path)


def scenarios(page: str) -> dict[str, str]:
    parts = page.split("\n## ")[1:]
    return {part.partition("\n")[0]: part for part in parts}


def test_each_scenario_has_the_result_of_its_last_run(pages: dict[str, str]) -> None:
    found = scenarios(pages["promise/doors.md"])
    assert "✓ passed" in found["It opens"]
    assert "✗ failed" in found["It closes"]
    assert "– not run" in found["It locks"]


def test_each_row_of_examples_has_its_own_result(pages: dict[str, str]) -> None:
    rings = scenarios(pages["promise/doors.md"])["It rings"]
    assert "– not run" in rings
    once, twice = rings.split("<tr>")[2:]
    assert 'title="not run"' in once and 'title="passed"' in twice


def test_a_failed_scenario_says_why(pages: dict[str, str]) -> None:
    assert "Ana pulls&#10;assert &lt;stuck&gt;" in scenarios(pages["promise/doors.md"])["It closes"]


def test_steps_are_text_whatever_stands_in_them(pages: dict[str, str]) -> None:
    opens = scenarios(pages["promise/doors.md"])["It opens"]
    assert "<q>open &lt;b&gt;</q>" in opens
    assert "Open&#10;&#10;&amp; wide" in opens  # a blank line would end the block of HTML


def test_the_first_page_has_the_sums(pages: dict[str, str]) -> None:
    assert "2 passed, 1 failed, 2 not run" in pages["promise/index.md"]
    assert "What a door does.</b>" not in pages["promise/index.md"]
    assert "conversation.md" not in pages["promise/index.md"]


def test_without_a_report_nothing_counts_as_passed(tmp_path: Path) -> None:
    (tmp_path / "doors.feature").write_text(FEATURE)
    overview = promise.pages(tmp_path / "none.json", tmp_path)["promise/index.md"]
    assert "Not run yet: 5 not run" in overview


def test_every_feature_of_ours_has_a_page(tmp_path: Path) -> None:
    pages = promise.pages(tmp_path / "none.json")
    assert {Path(name).stem for name in pages} == {path.stem for path in promise.FEATURES.glob("*.feature")} | {"index"}
