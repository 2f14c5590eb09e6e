"""What goes wrong before anybody is answered: one line, the cause, the next step, and 2."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from skill import __version__
from skill.cli import app

from .conftest import COMMAND, run

COMMANDS = ["demo", "chat", "provider", "serve", "classify", "evaluate", "tool", "diagram", "mcp"]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ISSUER", "http://evil.example/geheim", "CODEX_ONBOARDING_ISSUER: must be an https address"),
        ("KEY", "geheim", "CODEX_ONBOARDING_KEY: must be 32 bytes in base64"),
        ("HANDOFFS", "geheim", 'handoffs" from source'),
        ("HOME", "/dev/null/x", "The data folder /dev/null/x can't be made: "),
        ("DATABASE_URL", "postgresql+nosuchdriver://u:geheim@127.0.0.1/x", "The database can't be used"),
    ],
)
def test_wrong_settings_are_one_line(environment: dict[str, str], name: str, value: str, told: str) -> None:
    """Named as the operator set them, their values not repeated."""
    done = run(environment | {f"CODEX_ONBOARDING_{name}": value}, "chat")
    assert done.returncode == 2 and told in done.stderr
    assert done.stderr.count("\n") == 1 and "geheim" not in done.stderr


def test_the_folder_of_the_option_wins(environment: dict[str, str], tmp_path: Path) -> None:
    """--home before CODEX_ONBOARDING_HOME."""
    done = run(environment | {"CODEX_ONBOARDING_HOME": "/dev/null/x"}, "tool", "status", "--home", str(tmp_path / "a"))
    assert done.returncode == 0 and (tmp_path / "a").is_dir()


def test_a_damaged_database_is_told_and_kept(environment: dict[str, str], tmp_path: Path) -> None:
    """Nothing stored is overwritten."""
    database = tmp_path / "home" / "onboarding.db"
    assert run(environment, "tool", "status").returncode == 0
    database.write_bytes(b"not a database" * 100)
    done = run(environment, "chat", lines="Use my Codex subscription\n")
    assert done.returncode == 2 and "The database can't be used" in done.stderr
    assert database.read_bytes() == b"not a database" * 100


@pytest.mark.parametrize(
    ("package", "command", "extra"),
    [
        ("uvicorn", "demo", "provider"),
        ("starlette", "provider", "provider"),
        ("typer", "chat", "demo"),
        ("standardwebhooks", "serve", "service"),
    ],
)
def test_a_missing_extra_is_named(environment: dict[str, str], package: str, command: str, extra: str) -> None:
    """As it is where only the hook was installed."""
    without = f"import sys; sys.modules[{package!r}] = None; sys.argv = ['x', {command!r}]"
    program = f"{without}; from skill.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.returncode == 2 and f"'chatgpt-codex-onboarding[{extra}]'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_storage_trouble_on_the_way_is_a_warning(environment: dict[str, str], tmp_path: Path) -> None:
    """What the library logs stands on standard error, tidy, and the person is told something else."""
    with subprocess.Popen(
        [*COMMAND, "chat"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin and process.stdout
        process.stdin.write("Add OpenAI API key\n")
        process.stdin.flush()
        process.stdout.readline()  # the store is open
        with closing(sqlite3.connect(tmp_path / "home" / "onboarding.db")) as database:
            database.execute("DROP TABLE sessions")
        said, warned = process.communicate("Is my ChatGPT connected?\n")
    assert "I can't reach my storage" in said
    assert warned.startswith("codex-onboarding: The database can't be used") and "Traceback" not in warned


def test_a_reader_that_leaves_is_no_error(environment: dict[str, str]) -> None:
    """`codex-onboarding provider --faults | head -1`."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [*COMMAND, "tool", "--schema"], env=environment, stdout=closed, stderr=subprocess.PIPE, text=True
        )
    assert "Traceback" not in done.stderr


def test_every_command_teaches_by_an_example() -> None:
    """And the version is told."""
    for command in COMMANDS:
        assert "Example: " in CliRunner().invoke(app, [command, "--help"]).stdout
    assert CliRunner().invoke(app, ["--version"]).stdout == f"codex-onboarding {__version__}\n"
