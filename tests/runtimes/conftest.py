"""Fixtures for the runtimes' own libraries, which bring clocks and loops that can't be steered."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest


@pytest.fixture
def run() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Run a coroutine on a loop of the test's own."""
    with asyncio.Runner() as runner:
        yield runner.run
