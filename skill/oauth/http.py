"""One request, one answer: the only file that sends with httpx. No retry, no redirect, no sleep.

A secret is unwrapped inside the call that sends it, and no frame of ours holds a body while it raises: a traceback
with its local variables shows none (trust.md, section 3).
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from skill.errors import ProviderError, Reason
from skill.oauth import wire
from skill.secret import reveal
from skill.telemetry import provider_call

AUTH_BODY_LIMIT = 64 * 1024  # bytes, after decompression (trust.md, section 3)
SKEW_ALLOWED = 120  # seconds (trust.md, section 4)
CONNECT_EARLIER = 0.8  # a connection that isn't made gives up before the whole call does, so that we know it wasn't

log = logging.getLogger(__name__)

Fields = Mapping[str, str | SecretStr]

# The request surely never left: a repeat can't be a second one.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)

# What stands behind a connection that came to nothing, the more exact first: the doctor tells them apart.
_CAUSES = ((ssl.SSLCertVerificationError, "certificate"), (ssl.SSLError, "tls"), (socket.gaierror, "dns"))


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to the provider. Its repr shows secrets as asterisks."""

    method: str
    url: str
    headers: Fields = field(default_factory=dict)
    json: Fields | None = None
    form: Fields | None = None
    limit: int | None = AUTH_BODY_LIMIT  # bytes of the answer; None: its body doesn't matter
    seconds: float | None = None  # for all of it, where it is less than the setting


class Http:
    """Sends over the shared client, within one time limit for all of it.

    `clock_skew`: the seconds that our clock was ahead of the provider's when it last answered, if over 120.
    """

    def __init__(self, client: httpx.AsyncClient, timeout: float, now: Callable[[], datetime]) -> None:
        self._client, self._timeout, self._now = client, timeout, now
        self.clock_skew: int | None = None

    async def send(self, ask: Ask) -> wire.Answer:
        """The answer, whatever its status; `ProviderError` where there is none or it is too large."""
        with provider_call(urlsplit(ask.url).path) as call:
            try:
                answer = await self._sent(ask)
            except ProviderError as trouble:
                call.outcome = trouble.reason.value
                raise
            call.outcome = str(answer.status)
            return answer

    async def _sent(self, ask: Ask) -> wire.Answer:
        seconds = ask.seconds or self._timeout
        try:
            async with asyncio.timeout(seconds):
                return await self._answer(ask, httpx.Timeout(seconds, connect=seconds * CONNECT_EARLIER))
        except TimeoutError:
            trouble = ProviderError(Reason.NETWORK, code="TimeoutError")
        except httpx.HTTPError as fault:
            trouble = ProviderError(Reason.NETWORK, sent=not isinstance(fault, _NEVER_SENT), code=_cause(fault))
        log.debug("%s %s: %s", ask.method, urlsplit(ask.url).path, trouble)
        raise trouble

    async def _answer(self, ask: Ask, limits: httpx.Timeout) -> wire.Answer:
        async with self._client.stream(
            ask.method,
            ask.url,
            headers=revealed(ask.headers),
            json=revealed(ask.json) if ask.json else None,
            data=revealed(ask.form) if ask.form else None,
            timeout=limits,
            follow_redirects=False,
        ) as response:
            self._compare_clocks(response.headers.get("date", ""))
            body = await _bounded(response, ask.limit)
            if body is not None:
                return wire.Answer(response.status_code, response.headers, body)
        raise ProviderError(Reason.PROVIDER, status=response.status_code, code="body too large")

    def _compare_clocks(self, date: str) -> None:
        theirs = wire.http_date(date)
        if theirs:
            ahead = int((self._now() - theirs).total_seconds())
            self.clock_skew = ahead if abs(ahead) > SKEW_ALLOWED else None


def revealed(fields: Fields) -> dict[str, str]:
    """The fields with their secrets, for the very call that sends them."""
    return {name: reveal(value) if isinstance(value, SecretStr) else value for name, value in fields.items()}


async def _bounded(response: httpx.Response, limit: int | None) -> bytes | None:
    """The body; None where it is larger than `limit`. Where none matters, only that of a refusal is read."""
    body = bytearray()
    if limit is None and response.is_success:
        return b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > (limit or AUTH_BODY_LIMIT):
            return None
    return bytes(body)


def _cause(fault: BaseException) -> str:
    behind: BaseException | None = fault
    while behind:
        for kind, name in _CAUSES:
            if isinstance(behind, kind):
                return name
        behind = behind.__cause__ or behind.__context__
    return type(fault).__name__
