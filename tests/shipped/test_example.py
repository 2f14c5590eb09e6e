"""The example project: another team's bot, installed and tested with nothing but the wheel."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import ROOT, Dist, Environment, environment

EXAMPLE = ROOT / "examples" / "teapot"


@pytest.fixture(scope="module")
def project(dist: Dist) -> Iterator[Environment]:
    """A copy of it far from the checkout, installed with its tests' extra as its README says."""
    with environment(dist.wheel.path, "testing") as installed:
        shutil.copytree(EXAMPLE, installed.room, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        installed.install(".[test]")
        yield installed


def test_its_tests_pass(project: Environment) -> None:
    """Features in English and Chinese, the script, and its own test."""
    done = project.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
    scenarios = sum(
        len(re.findall(r"^\s*(?:Scenario|场景): ", path.read_text("utf-8"), re.M))
        for path in (EXAMPLE / "features").iterdir()
    )
    assert re.search(rf"^{scenarios + 2} passed", done.stdout, re.M), done.stdout


def test_the_skill_that_it_uses_is_the_installed_one(project: Environment) -> None:
    done = project.run("python", "-c", "import skill, teapot; print(skill.__file__)")
    assert Path(done.stdout.strip()).is_relative_to(project.bin.parent)


def test_its_script_is_replayed(project: Environment) -> None:
    done = project.run("codex-onboarding", "replay", "conversations")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("1 conversation, all as written.\n")


def test_a_broken_promise_fails_its_tests(project: Environment) -> None:
    """They are no decoration: a bot that withholds the notes is caught."""
    bot = project.room / "teapot.py"
    whole = bot.read_text(encoding="utf-8")
    try:
        bot.write_text(whole.replace("said = [reply.text, *reply.notes]", "said = [reply.text]"), encoding="utf-8")
        done = project.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "pythonpath=.", "tests")
        assert done.returncode == 1 and "test_teapot_passes_on_every_word_of_it" in done.stdout
    finally:
        bot.write_text(whole, encoding="utf-8")
