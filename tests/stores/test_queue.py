"""The queue of a file's writers: whoever moves up goes on waiting, nobody waits for one that stands still."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from skill.stores.engines import FILE_LOCK, Queue

from ..proofs.kit import JumpingLoop


def writers(*works: Callable[[], Coroutine[Any, Any, None]]) -> list[tuple[str, float]]:
    """How it ended for each, and after how many seconds, when all come at once."""
    ends = dict[int, tuple[str, float]]()

    async def one(queue: Queue, number: int, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            async with queue:
                await work()
            end = "served"
        except TimeoutError:
            end = "gave up"
        except OSError:
            end = "failed"
        ends[number] = end, asyncio.get_running_loop().time()

    async def all_of_them() -> None:
        queue = Queue()
        await asyncio.gather(*(one(queue, number, work) for number, work in enumerate(works)))

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(all_of_them())
    return [ends[number] for number in sorted(ends)]


async def _writes() -> None:
    await asyncio.sleep(1)


async def _fails() -> None:
    await asyncio.sleep(1)
    raise OSError


async def _freezes() -> None:
    await asyncio.sleep(60)


def test_a_long_queue_that_moves_is_waited_for() -> None:
    ended = writers(*[_writes] * 20)
    assert [end for end, _ in ended] == ["served"] * 20
    assert ended[-1][1] == pytest.approx(20)


def test_nobody_waits_behind_one_that_stands_still() -> None:
    """trust.md, section 4: a plain answer within 3 s."""
    ended = writers(_freezes, *[_writes] * 5)
    assert ended[1:] == [("gave up", pytest.approx(FILE_LOCK))] * 5


def test_a_writer_that_failed_has_moved_nobody_up() -> None:
    """A file that is locked by another process fails one after the other: that must not take a wait each."""
    ended = writers(*[_fails] * 6)
    assert [end for end, _ in ended] == ["failed", "failed", "failed", "gave up", "gave up", "gave up"]
    assert ended[-1][1] == pytest.approx(FILE_LOCK)
