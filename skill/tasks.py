"""Work that runs to its end even if whoever waits for it is cancelled.

A rotated token or an approved login must be stored once the provider has sent it (trust.md, section 2).
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from skill.errors import OnboardingError

Result = TypeVar("Result")
log = logging.getLogger(__name__)


class Tasks:
    """Keeps hold of its tasks, so that none is lost half-way; `close` waits for the last."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    async def finish(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of `work`, which goes on by itself if the caller is cancelled."""
        return await asyncio.shield(self.begin(work))

    def begin(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Do `work` beside everything else; `close` waits for it if nobody does."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    async def close(self) -> None:
        """Wait for what is still running."""
        while self._running:
            await asyncio.wait(self._running)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        fault = None if task.cancelled() else task.exception()  # looked at, so that asyncio doesn't complain
        if fault and not isinstance(fault, OnboardingError):
            log.error("a call in flight broke: %s", type(fault).__name__)
