"""A provider with a clock that only tests move, and a client on it without a port."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpx
import pytest

from skill.simulator import LocalProvider, serve

from .client import Client

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

Scenario = Callable[[Client], Awaitable[None]]
Runner = Callable[[Scenario], None]


@pytest.fixture
def naps() -> list[float]:
    """How long the provider would have slept."""
    return []


@pytest.fixture
def provider(naps: list[float]) -> LocalProvider:
    async def sleep(seconds: float) -> None:
        naps.append(seconds)

    return LocalProvider(now=lambda: NOON, sleep=sleep)


@pytest.fixture
def run(provider: LocalProvider) -> Runner:
    """Run a scenario against the provider mounted in the client."""

    async def main(scenario: Scenario) -> None:
        transport = httpx.ASGITransport(app=provider.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://provider.test") as http:
            await scenario(Client(http))

    return lambda scenario: asyncio.run(main(scenario))


@pytest.fixture
def run_on_port(provider: LocalProvider) -> Runner:
    """Run a scenario over real HTTP."""

    async def main(scenario: Scenario) -> None:
        async with serve(provider) as served, httpx.AsyncClient(base_url=served.url) as http:
            await scenario(Client(http))

    return lambda scenario: asyncio.run(main(scenario))
