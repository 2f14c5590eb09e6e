"""The command as a process of its own, beside a provider whose requests are counted."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import pytest

from skill.simulator import LocalProvider, Served, serve_in_thread

COMMAND = [sys.executable, "-W", "error", "-m", "skill"]
PATIENCE = 30.0  # seconds; none of these runs takes one


@pytest.fixture
def provider() -> LocalProvider:
    return LocalProvider()


@pytest.fixture
def served(provider: LocalProvider) -> Iterator[Served]:
    with serve_in_thread(provider) as served:
        yield served


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The surroundings without settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CODEX_ONBOARDING_")}
    return kept | {"CODEX_ONBOARDING_HOME": str(tmp_path / "home"), "NO_PROXY": "127.0.0.1", "COLUMNS": "100"}


@pytest.fixture
def pointed(environment: dict[str, str], served: Served) -> dict[str, str]:
    """The surroundings, pointed at the local provider."""
    issuer, backend = served.issuer, served.backend_url
    return environment | {"CODEX_ONBOARDING_ISSUER": issuer, "CODEX_ONBOARDING_BACKEND_URL": backend}


def run(environment: dict[str, str], *arguments: str, lines: str | bytes = b"") -> subprocess.CompletedProcess[str]:
    """One run to its end."""
    given = lines.encode() if isinstance(lines, str) else lines
    done = subprocess.run([*COMMAND, *arguments], input=given, capture_output=True, env=environment, timeout=PATIENCE)
    return subprocess.CompletedProcess(arguments, done.returncode, done.stdout.decode(), done.stderr.decode())


class Chat:
    """`chat --json`, a line at a time, so that something may happen in between."""

    def __init__(self, environment: dict[str, str], *options: str) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, "chat", "--json", *options],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def say(self, line: str | dict[str, Any]) -> Any:
        """One line in, one line out."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write((line if isinstance(line, str) else json.dumps(line)) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        rest, _ = self._process.communicate(timeout=PATIENCE)
        assert (rest, self._process.returncode) == ("", 0)


@pytest.fixture
def chat(pointed: dict[str, str]) -> Iterator[Chat]:
    with ExitStack() as open_:
        yield open_.enter_context(Chat(pointed))
