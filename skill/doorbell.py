"""Waiting for a call in flight: woken at once within this process, by looking again across processes."""

import asyncio

LOOK_AGAIN = 0.2  # seconds; another worker can't ring here


class Doorbell:
    """One event per person, alive only while somebody waits."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}

    async def wait(self, key: str) -> None:
        """Until `ring(key)`, or until it is time to look again."""
        event = self._events.setdefault(key, asyncio.Event())
        try:
            async with asyncio.timeout(LOOK_AGAIN):
                await event.wait()
        except TimeoutError:
            pass
        finally:
            self._events.pop(key, None)

    def ring(self, key: str) -> None:
        """Something of that person's was settled."""
        event = self._events.pop(key, None)
        if event:
            event.set()
