"""The skill on a loop of its own, for a host that calls from several loops and threads."""

import asyncio
import atexit
import concurrent.futures
import contextlib
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

from skill.onboarding import Onboarding
from skill.settings import Settings

Result = TypeVar("Result")
LAST_WORDS = 5.0  # seconds that a process on its way out waits for what is in flight


class Engine:
    """One `Onboarding` for the whole process. Database and network belong to its thread alone."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._onboarding: Onboarding | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def begin(self, work: Callable[[Onboarding], Awaitable[Result]]) -> "concurrent.futures.Future[Result]":
        """Start it; from any thread."""
        return asyncio.run_coroutine_threadsafe(self._do(work), self._running())

    async def ask(self, work: Callable[[Onboarding], Awaitable[Result]]) -> Result:
        """Its result, for whoever awaits on a loop of the host's."""
        return await asyncio.wrap_future(self.begin(work))

    def close(self) -> None:
        """Wait for what is in flight, though not for ever."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is None:
            return
        onboarding, self._onboarding = self._onboarding, None
        if onboarding:
            with contextlib.suppress(concurrent.futures.TimeoutError):
                asyncio.run_coroutine_threadsafe(onboarding.close(), loop).result(LAST_WORDS)
        loop.call_soon_threadsafe(loop.stop)

    async def _do(self, work: Callable[[Onboarding], Awaitable[Result]]) -> Result:
        self._onboarding = self._onboarding or Onboarding(self.settings)
        return await work(self._onboarding)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="chatgpt-codex-onboarding", daemon=True).start()
                atexit.register(self.close)
            return self._loop
