"""The way from the skill to the provider, and the three mishaps on it that no provider can play."""

import asyncio
from typing import Literal, get_args

import httpx

from skill.simulator import LocalProvider

Mishap = Literal["held back", "unreachable", "crash"]
MISHAPS: tuple[Mishap, ...] = get_args(Mishap)
_PATHS = {
    "/api/accounts/deviceauth/usercode": "start",
    "/api/accounts/deviceauth/token": "poll",
    "/oauth/revoke": "revoke",
    "/backend-api/codex/models": "models",
    "/backend-api/wham/usage": "usage",
    "/backend-api/codex/responses": "responses",
}


class Line(httpx.AsyncBaseTransport):
    """The way from the skill to the provider, and what may befall a call on it.

    Faults that a provider can show are the provider's own (`LocalProvider.fault`); these three it can't play.
    """

    def __init__(self, provider: LocalProvider) -> None:
        self.far_end: httpx.AsyncBaseTransport = httpx.ASGITransport(app=provider.app)
        self.stuck = asyncio.Event()  # set when somebody has to wait until the test goes on
        self.jammed = False  # a call is held back, or its process is gone: whoever waits for it waits for long
        self._mishaps: dict[str, Mishap] = {}
        self._released = asyncio.Event()

    def next(self, endpoint: str, mishap: Mishap) -> None:
        """What happens to the next call of this endpoint.

        "held back": it arrives, its answer waits for `release`. "unreachable": it never leaves. "crash": it arrives,
        and the process that waits for the answer is gone.
        """
        self._mishaps[endpoint] = mishap
        self._released.clear()

    def release(self) -> None:
        """Let the answers through that were held back."""
        self.jammed = False
        self._released.set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See `next`."""
        mishap = self._mishaps.pop(endpoint_of(request), None)
        if mishap == "unreachable":
            raise httpx.ConnectError("connection refused", request=request)
        response = await self.far_end.handle_async_request(request)
        self.jammed = self.jammed or mishap is not None
        if mishap == "crash":
            raise asyncio.CancelledError
        if mishap == "held back":
            self.stuck.set()
            await self._released.wait()
        return response

    async def aclose(self) -> None:
        """Let go of the far end."""
        await self.far_end.aclose()


def endpoint_of(request: httpx.Request) -> str:
    """The names that `LocalProvider` counts by; one path serves two calls."""
    if request.url.path == "/oauth/token":
        return "exchange" if b"authorization_code" in request.content else "refresh"
    return _PATHS.get(request.url.path, "other")
