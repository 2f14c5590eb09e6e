"""Replies that reach the client late, in drops, or never: responses that deal with the connection itself."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

import httpx
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

Sleep = Callable[[float], Awaitable[None]]


async def hang_up(receive: Receive) -> None:
    """Return when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def wait(seconds: float, sleep: Sleep, receive: Receive) -> bool:
    """Sleep, but no longer than the client waits; true if it is still there."""
    sleeping = asyncio.ensure_future(sleep(seconds))
    leaving = asyncio.ensure_future(hang_up(receive))
    try:
        await asyncio.wait({sleeping, leaving}, return_when=asyncio.FIRST_COMPLETED)
        # A failed sleep is the caller's own; it must not look like a patient client.
        return sleeping.done() and sleeping.result() is None
    finally:
        for task in (sleeping, leaving):
            task.cancel()
        await asyncio.gather(sleeping, leaving, return_exceptions=True)


class Late(Response):
    """Another reply, after so many seconds."""

    def __init__(self, reply: Response, seconds: float, sleep: Sleep) -> None:
        super().__init__(status_code=reply.status_code)
        self._reply, self._seconds, self._sleep = reply, seconds, sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await wait(self._seconds, self._sleep, receive):
            await self._reply(scope, receive, send)


class Trickle(Response):
    """Another reply, its head at once and its body byte by byte (slow-loris)."""

    def __init__(self, reply: Response, seconds: float, sleep: Sleep) -> None:
        super().__init__(bytes(reply.body), reply.status_code, dict(reply.headers))
        self._seconds, self._sleep = seconds, sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = bytes(self.body)
        for place in range(len(body)):
            if not await wait(self._seconds, self._sleep, receive):
                return
            await send(_piece(body[place : place + 1], more=True))
        await send(_piece(b"", more=False))


class Hang(Response):
    """No reply, until the client gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await hang_up(receive)


class Drop(Response):
    """No reply: the connection ends, politely or with a reset; after the head if told so."""

    def __init__(self, reset: bool = False, begun: Response | None = None) -> None:
        super().__init__()
        self._reset, self._begun = reset, begun

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = scope.get("state", {}).get("transport")
        if transport is None:
            # Mounted in a client without a port: raise what that client would have raised.
            raise (
                httpx.ReadError("connection reset")
                if self._reset
                else httpx.RemoteProtocolError("Server disconnected without sending a response.")
            )
        if self._begun:
            body = bytes(self._begun.body)
            head = [*self._begun.raw_headers]
            await send({"type": "http.response.start", "status": self._begun.status_code, "headers": head})
            await send(_piece(body[: len(body) // 2], more=True))
        if self._reset:
            # No linger: the kernel answers with RST instead of FIN.
            linger = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            transport.abort()
        else:
            transport.close()
        await hang_up(receive)


def _piece(body: bytes, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}
