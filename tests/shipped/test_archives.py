"""What is published: the wheel holds the product and nothing else, the sdist all that makes it."""

import re
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest

from skill import __version__

from .conftest import ROOT, Archive, Dist, build

PACKAGES = ("intents", "skill")
DATA = ("intents", "skill/replies", "tests/intents/corpus")


def of_the_checkout(folder: str) -> dict[str, bytes]:
    """Every file below it but what Python leaves behind."""
    found = [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in found}


def test_the_wheel_holds_both_packages_as_they_are(dist: Dist) -> None:
    packages = {name: text for name, text in dist.wheel.files.items() if ".dist-info/" not in name}
    assert packages == of_the_checkout("intents") | of_the_checkout("skill")


def test_no_test_and_no_benchmark_is_in_the_wheel(dist: Dist) -> None:
    """`skill/testing` is the kit for other people's tests: a part of the product."""
    ours = [r"(^|/)(tests?|benchmarks|features|examples)/", r"(^|/)(test_\w+|conftest)\.py$", r"\.(jsonl|feature)$"]
    assert [
        name for name in dist.wheel.files if any(re.search(one, name) for one in (*ours, r"\.conversation\.yaml$"))
    ] == []


def test_both_packages_are_typed(dist: Dist) -> None:
    assert {name for name in dist.wheel.files if name.endswith("py.typed")} == {f"{one}/py.typed" for one in PACKAGES}


def test_the_licence_goes_with_wheel_and_sdist(dist: Dist) -> None:
    (metadata,) = [text for name, text in dist.wheel.files.items() if name.endswith(".dist-info/METADATA")]
    head = BytesParser(policy=default).parsebytes(metadata)
    assert (head["License-Expression"], head["License-File"], head["Version"]) == ("MIT", "LICENSE", __version__)
    licence = (ROOT / "LICENSE").read_bytes()
    assert [text for name, text in dist.wheel.files.items() if name.endswith("licenses/LICENSE")] == [licence]
    assert dist.sdist.files["LICENSE"] == licence


@pytest.mark.parametrize("folder", DATA)
def test_the_data_says_where_it_comes_from_and_under_which_licence(dist: Dist, folder: str) -> None:
    """Beside the data or above it, in the sdist too."""
    above = [Path(folder), *Path(folder).parents]
    pages = [page for place in above if (page := (place / "README.md").as_posix()) in dist.sdist.files]
    assert re.search(r"\bLICENSE\b", dist.sdist.files[pages[0]].decode()), pages[0]


def test_the_sdist_builds_the_same_wheel(dist: Dist, tmp_path: Path) -> None:
    """Whoever packages it anew gets what we publish, to the byte."""
    for name, text in dist.sdist.files.items():
        path = tmp_path / "unpacked" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    build(tmp_path / "unpacked", tmp_path / "again", "--wheel")
    (again,) = (tmp_path / "again").iterdir()
    assert again.name == dist.wheel.path.name
    assert Archive(again).files == dist.wheel.files


def test_the_sdist_holds_all_that_makes_and_proves_it(dist: Dist) -> None:
    """`make test` works from it."""
    constraints = {"constraints.txt", "constraints-hermes.txt", "constraints-agents.txt"}
    named = {"Makefile", "pyproject.toml", "LICENSE", *constraints}
    pages = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}
    folders = {"skill", "intents", "tests", "features", "docs", "benchmarks", "examples", ".github"}
    assert named | pages <= dist.sdist.files.keys()
    assert folders <= {name.partition("/")[0] for name in dist.sdist.files}


def test_the_changelog_has_this_version() -> None:
    assert f"\n## {__version__} - " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
