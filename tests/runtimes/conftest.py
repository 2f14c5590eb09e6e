"""A stage with the provider on a real port, and a chat of each runtime on it."""

import asyncio
import fcntl
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from skill.testing import Stage

from .kit import Chat, SlackChat, TelegramChat

ROOT = Path(__file__).parents[2]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path / "home") as stage:
        stage.listen()
        yield stage


@pytest.fixture
def slack(stage: Stage) -> Iterator[SlackChat]:
    with SlackChat(stage) as chat:
        yield chat


@pytest.fixture
def telegram(stage: Stage) -> Iterator[TelegramChat]:
    with TelegramChat(stage) as chat:
        yield chat


@pytest.fixture(params=["slack", "telegram"])
def chat(request: pytest.FixtureRequest) -> Chat:
    """Every runtime in turn."""
    chat: Chat = request.getfixturevalue(request.param)
    return chat


@pytest.fixture
def run() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Run a coroutine on a loop of the test's own."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="session")
def hermes_python() -> Path:
    """The interpreter of the environment with Hermes Agent and mcp 1.26; `make` makes it if it isn't there yet."""
    with (ROOT / ".venv-hermes.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may want it at once
        made = subprocess.run(
            ["make", "--silent", ".venv-hermes/.installed"], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert made.returncode == 0, made.stdout + made.stderr
    return ROOT / ".venv-hermes" / "bin" / "python"
