"""The page about the local provider: its code runs, and it names every switch."""

import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from skill.simulator.control import ACTIONS
from skill.testing import LocalProvider

PAGE = (files("skill.testing") / "PROVIDER.md").read_text(encoding="utf-8")
TEST, *PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.S)
# What the provider is made of; its switches reach into it.
PARTS = {"accounts", "app", "devices", "log", "mint", "sleep", "switches", "tokens", "url"}


def switches() -> set[str]:
    public = {name for name in dir(LocalProvider()) if not name.startswith("_")}
    settings = {"latency", "interval", "code_lifetime", "token_lifetime", "family_revocation"}  # of `configure`
    assert settings < public
    return public - PARTS - settings


def test_the_page_names_every_switch_and_no_other() -> None:
    rows = [row for row in PAGE.splitlines() if row.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)[(`]", row.split(" | ")[0])}
    assert named == switches()
    assert set(ACTIONS) < named


def test_every_argument_on_the_page_is_one() -> None:
    """An account's fields and a setting's names as well."""
    provider = LocalProvider()
    settings = dict.fromkeys(re.findall(r"(\w+)=…", re.findall(r"`configure\((.+?)\)`", PAGE)[0]), 1)
    provider.configure(**settings)
    fields = re.findall(r"(\w+)=…", re.findall(r"`add_account\((.+?)\)`", PAGE)[0])
    account = provider.add_account("zoe@example.test")
    assert fields and all(hasattr(account, name) for name in fields)


@pytest.mark.parametrize("program", PROGRAMS, ids=["in a thread", "in a loop", "with a clock"])
def test_the_programs_of_the_page_run(program: str) -> None:
    exec(program, {"__name__": "page"})


def test_the_test_of_the_page_passes(tmp_path: Path) -> None:
    """In another project, where nothing but the plugin brings the fixture."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (tmp_path / "test_page.py").write_text(TEST, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout
