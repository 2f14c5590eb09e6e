"""A virtual clock: nobody who goes by it ever has to sleep."""

import asyncio
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Clock:
    """Time that passes only by `advance`, for whoever asks `now` and for the timers of the loops it makes."""

    def __init__(self, start: datetime = NOON) -> None:
        self._start, self._passed = start, timedelta()

    def now(self) -> datetime:
        """The present moment; a clock for `Onboarding` and `LocalProvider`."""
        return self._start + self._passed

    def advance(self, span: timedelta) -> None:
        """Let so much time pass at once."""
        self._passed += span

    def loop(self) -> asyncio.AbstractEventLoop:
        """An event loop whose timers go by this clock (and by the real one, so that none waits for ever)."""
        clock = self

        class Loop(asyncio.SelectorEventLoop):
            def time(self) -> float:
                return super().time() + clock._passed.total_seconds()

        return Loop()
