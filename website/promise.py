"""The features as the product's promise: each scenario with what became of it in the last run."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from gherkin.parser import Parser

from website.markdown import element, plain, table
from website.places import FEATURES

Json = dict[str, Any]
PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"
MARKS = {PASSED: "✓", FAILED: "✗", NOT_RUN: "–"}


@dataclass(frozen=True)
class Run:
    """One run of a scenario, or of one row of its examples."""

    result: str
    told: str = ""  # why it failed


@dataclass(frozen=True)
class Scenario:
    """A scenario as written, and its runs: one, or one for each row."""

    name: str
    steps: list[Json]
    header: list[str]
    rows: list[list[str]]
    runs: list[Run]

    @property
    def result(self) -> str:
        """The worst of its runs."""
        results = {run.result for run in self.runs}
        return next(result for result in (FAILED, NOT_RUN, PASSED) if result in results)


@dataclass(frozen=True)
class Feature:
    """One file."""

    slug: str
    name: str
    about: str
    scenarios: list[Scenario]

    def count(self, result: str) -> int:
        """How many runs ended like that."""
        return sum(run.result == result for scenario in self.scenarios for run in scenario.runs)


def pages(report: Path, folder: Path = FEATURES) -> dict[str, str]:
    """One page a feature, and one that lists them with the sums."""
    found = features(folder, json.loads(report.read_text(encoding="utf-8")) if report.exists() else [])
    ran_at = datetime.fromtimestamp(report.stat().st_mtime, UTC) if report.exists() else None
    written = {f"promise/{feature.slug}.md": _page(feature) for feature in found}
    return {"promise/index.md": _overview(found, ran_at)} | written


def features(folder: Path, report: list[Json]) -> list[Feature]:
    """Every feature of the folder, with the results of a Cucumber report."""
    seen: dict[tuple[str, int], list[Json]] = {}
    for file in report:
        for ran in file["elements"]:
            seen.setdefault((Path(file["uri"]).name, ran["line"]), []).append(ran)
    return [_feature(path, seen) for path in sorted(folder.glob("*.feature"))]


def _feature(path: Path, seen: Mapping[tuple[str, int], list[Json]]) -> Feature:
    read: Json = Parser().parse(path.read_text(encoding="utf-8"))["feature"]  # type: ignore[assignment]
    about = " ".join(line.strip() for line in read["description"].splitlines())
    about = about.partition(" conversation.md:")[0]  # the specification isn't part of the site
    before: list[Json] = []
    scenarios = []
    for child in read["children"]:
        before += child["background"]["steps"] if "background" in child else []
        if scenario := child.get("scenario"):
            scenarios.append(_scenario(scenario, before, seen.get((path.name, scenario["location"]["line"]), [])))
    return Feature(path.stem, read["name"], about, scenarios)


def _scenario(written: Json, before: list[Json], ran: list[Json]) -> Scenario:
    steps = before + written["steps"]
    header = [cell["value"] for table_ in written["examples"][:1] for cell in table_["tableHeader"]["cells"]]
    bodies = [row for table_ in written["examples"] for row in table_["tableBody"]]
    rows = [[cell["value"] for cell in row["cells"]] for row in bodies]
    left = list(ran)
    runs = [_run(_filled(steps, dict(zip(header, row, strict=True))), left) for row in rows or [[""] * len(header)]]
    return Scenario(written["name"], steps, header, rows, runs)


def _filled(steps: list[Json], values: Mapping[str, str]) -> list[str]:
    """The steps as one row of the examples has them."""
    texts = []
    for step in steps:
        text: str = step["text"]
        for name, value in values.items():
            text = text.replace(f"<{name}>", value)
        texts.append(text)
    return texts


def _run(steps: list[str], left: list[Json]) -> Run:
    """What became of these steps. Each run in the report stands for one."""
    for ran in left:
        reached = [step["name"] for step in ran["steps"]]
        if reached == steps[: len(reached)]:
            left.remove(ran)
            return _result(ran["steps"])
    return Run(NOT_RUN)


def _result(steps: list[Json]) -> Run:
    for step in steps:
        if step["result"]["status"] == "failed":
            return Run(FAILED, f"{step['name']}\n{step['result'].get('error_message', '')}")
    return Run(PASSED if all(step["result"]["status"] == "passed" for step in steps) else NOT_RUN)


# --- the pages ---

INTRODUCTION = """\
# What is promised

Each page is one promise; each scenario is one that is kept or broken. They are played with the real skill against a
provider on this machine, and what they are written in is the [step library](../reference/steps.md) that your own bot
can be tested with.

"""


def _overview(found: list[Feature], ran_at: datetime | None) -> str:
    results = {result: sum(feature.count(result) for feature in found) for result in MARKS}
    sums = ", ".join(f"{count} {result}" for result, count in results.items() if count)
    when = f"Last run on {ran_at:%Y-%m-%d} at {ran_at:%H:%M} UTC: " if ran_at else "Not run yet: "
    rows = [
        [f"**[{plain(feature.name)}]({feature.slug}.md)**<br>{plain(feature.about)}"]
        + [str(feature.count(result) or "") for result in MARKS]
        for feature in found
    ]
    order = "\n".join(feature.slug for feature in found)
    listing = f"\n```{{toctree}}\n:hidden:\n\n{order}\n```\n"
    return f"{INTRODUCTION}**{when}{sums}.**\n\n" + table(["promise", *MARKS], rows) + listing


def _page(feature: Feature) -> str:
    sums = ", ".join(f"{feature.count(result)} {result}" for result in MARKS if feature.count(result))
    return "\n".join([f"# {plain(feature.name)}\n", f"{plain(feature.about)}\n", f"{sums}.\n", *_told(feature)])


def _told(feature: Feature) -> Iterator[str]:
    for scenario in feature.scenarios:
        yield f"## {plain(scenario.name)}\n"
        inner = _badge(scenario.result) + "".join(map(_step, scenario.steps)) + _examples(scenario)
        whys = [run.told for run in scenario.runs if run.told]
        inner += "".join(element("pre", escape(why).replace("\n", "&#10;"), class_="why") for why in whys)
        yield element("div", inner, class_="scenario") + "\n"


def _badge(result: str) -> str:
    return element("p", f"{MARKS[result]} {result}", class_=f"result {result.replace(' ', '-')}")


def _step(step: Json) -> str:
    """A step on a line of its own; the words of people and of the skill stand out."""
    said = escape(step["text"], quote=False)
    parts = said.split('"')
    said = "".join(element("q", part) if at % 2 else part for at, part in enumerate(parts))
    doc = step.get("docString")
    # No line break and no blank line in the source: they would end the block of HTML.
    whole = element("pre", escape(doc["content"]).replace("\n", "&#10;")) if doc else ""
    return element("p", element("b", escape(step["keyword"].strip())) + f" {said}") + whole


def _examples(scenario: Scenario) -> str:
    if not scenario.rows:
        return ""
    head = "".join(element("th", escape(name)) for name in ["", *scenario.header])
    rows = "".join(
        element(
            "tr",
            element("td", MARKS[run.result], class_=f"result {run.result.replace(' ', '-')}", title=run.result)
            + "".join(element("td", escape(cell)) for cell in row),
        )
        for row, run in zip(scenario.rows, scenario.runs, strict=True)
    )
    return element("table", element("thead", element("tr", head)) + element("tbody", rows))
