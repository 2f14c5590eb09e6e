"""What several benchmarks share: a skill beside a local provider, a flow through the hook, this process's size."""

import contextlib
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from skill import Message, Onboarding, Settings
from skill.simulator import LocalProvider

Way = Callable[[int], Awaitable[object]]  # what becomes of the message of that number
Clock = Callable[[], Awaitable[float]]  # all messages once; microseconds a message


@dataclass(frozen=True)
class Figure:
    """`best`: microseconds a message; `ratio`: the median, to the bare way in the same round."""

    best: float
    ratio: float


def clock(way: Way, count: int) -> Clock:
    """The time of a way."""

    async def played() -> float:
        started = time.perf_counter()
        for number in range(count):
            await way(number)
        return (time.perf_counter() - started) / count * 1e6

    return played


async def compared(bare: Clock, others: Mapping[str, Clock], rounds: int) -> tuple[float, dict[str, Figure]]:
    """The bare way's best, and the others beside it; they take turns, so that a busy machine slows all of them."""
    times = [(await bare(), {name: await other() for name, other in others.items()}) for _ in range(rounds)]
    figures = {
        name: Figure(min(each[name] for _, each in times), median(each[name] / one for one, each in times))
        for name in others
    }
    return min(one for one, _ in times), figures


@contextlib.asynccontextmanager
async def skill_beside(app: Any) -> AsyncIterator[tuple[Onboarding, Path]]:
    """The skill on a data folder of its own; the provider's ASGI app is called without a network between them."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        async with (
            httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client,
            Onboarding(Settings(home=home), client=client) as onboarding,
        ):
            yield onboarding, home


def said(user: str, number: int, text: str) -> Message:
    """One message in that person's private chat."""
    return Message(message_id=f"{user}-{number}", conversation_id=user, user_id=user, text=text, private=True)


async def flow(provider: LocalProvider, onboarding: Onboarding, user: str) -> None:
    """The request, the approval, "done"."""
    shown = await onboarding.handle(said(user, 1, "Sign in with my ChatGPT account"))
    assert shown and shown.user_code
    provider.approve(shown.user_code)
    connected = await onboarding.handle(said(user, 2, "done"))
    assert connected and connected.state == "connected"


def resident() -> float:
    """Megabytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6
