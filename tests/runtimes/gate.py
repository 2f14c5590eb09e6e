"""A provider that takes as long as a test wants, and no real time."""

import asyncio
import threading
from typing import Self


class Gate:
    """How a slow provider sleeps: until the test says that it was long enough."""

    def __init__(self) -> None:
        self.open = threading.Event()

    async def sleep(self, _: float) -> None:
        await asyncio.to_thread(self.open.wait)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.open.set()
