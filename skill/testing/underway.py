"""Messages that arrive, and the turns that answer them: at once, or when whoever blocks the way lets go."""

import asyncio
from itertools import cycle

from skill.message import Message, Reply
from skill.onboarding import Onboarding
from skill.testing.line import Line


class Underway:
    """The turns that aren't over. Lives on the stage's loop."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._turns: list[asyncio.Task[Reply | None]] = []

    async def deliver(self, message: Message, times: int, workers: list[Onboarding]) -> list[Reply | None]:
        """The message arrives so many times at once, at each worker in turn.

        The replies, in the order of arrival, once all are answered or somebody has to wait.
        """
        self._line.stuck.clear()
        server = cycle(workers)
        self._turns += [asyncio.create_task(next(server).handle(message)) for _ in range(times)]
        arrived = asyncio.wait(self._turns[-times:])
        ends = {asyncio.ensure_future(end) for end in (arrived, self._line.stuck.wait())}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        return self._over()

    async def finish(self) -> list[Reply | None]:
        """The replies of whoever still waits, once every turn is over."""
        await asyncio.gather(*self._turns, return_exceptions=True)
        return self._over()

    def _over(self) -> list[Reply | None]:
        """Take the replies of the turns that are over; a turn whose process crashed has none."""
        replies = [turn.result() for turn in self._turns if turn.done() and not turn.cancelled()]
        self._turns = [turn for turn in self._turns if not turn.done()]
        return replies
