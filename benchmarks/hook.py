"""A process that serves the hook on its standard input and output: one message a line in, one reply a line out.

It says an empty line when it is ready. Every call to the provider carries the message that it was made for, so that a
benchmark can count who asked what.
"""

import asyncio
import json
import sys
from contextvars import ContextVar
from typing import Any

import httpx

from intents import read
from skill import Message, Onboarding, Settings

ASKED_FOR = "x-asked-for"
_present: ContextVar[str] = ContextVar("present", default="")


class _Named(httpx.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers[ASKED_FOR] = _present.get()
        return await super().handle_async_request(request)


async def _answer(onboarding: Onboarding, number: int, fields: dict[str, Any]) -> None:
    _present.set(f"{fields['user_id']}/{fields['message_id']}")
    reply = await onboarding.handle(Message(private=True, **fields))
    print(json.dumps([number, reply.model_dump(mode="json") if reply else None]), flush=True)


async def main(settings: Settings) -> None:
    """Until the input ends."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    turns = set[asyncio.Task[None]]()
    async with (
        httpx.AsyncClient(transport=_Named(), timeout=12.0) as client,
        Onboarding(settings, client=client) as onboarding,
    ):
        read("done")  # the lexicons are read on first use
        print(flush=True)  # ready
        while line := await lines.readline():
            turn = asyncio.create_task(_answer(onboarding, *json.loads(line)))
            turns.add(turn)
            turn.add_done_callback(turns.discard)
        if turns:
            await asyncio.wait(turns)


if __name__ == "__main__":
    asyncio.run(main(Settings()))
