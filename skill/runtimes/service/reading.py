"""A request's body: of the right type, no larger and no slower than allowed."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from skill.runtimes.service.answers import Problem

SECONDS = 10.0  # for all of a body; a slow one holds nothing up but itself


async def read_body(request: Request, limit: int) -> bytes:
    """The bytes as they were signed; raises `Problem` (408, 413 or 415)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "json_wanted")
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise Problem(413, "too_large")
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise Problem(413, "too_large")
    except (TimeoutError, ClientDisconnect):
        raise Problem(408, "too_slow") from None
    return bytes(body)
