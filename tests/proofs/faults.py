"""The 25 faults of trust.md, section 4, each for every call of the provider.

A fault that a server can play is `LocalProvider.fault`. The others are played one floor below httpx, by a network that
fails as networks do, so that the exception that our code sees is the one that httpx makes of it.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass

import anyio
import httpcore
import httpx

from skill.errors import Reason

from .kit import Rig

Network = Callable[[], httpcore.AsyncNetworkBackend]


class _Stream(httpcore.AsyncMockStream):
    """A connection that was made; what it says of the peer is up to the fault."""

    def __init__(self, fault: Exception) -> None:
        super().__init__([])
        self._fault = fault

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
    ) -> httpcore.AsyncNetworkStream:
        raise self._fault


class FailingNetwork(httpcore.AsyncMockBackend):
    """No connection is ever made, or no secure one."""

    def __init__(self, connect: Exception | None = None, tls: Exception | None = None) -> None:
        super().__init__([])
        self._connect, self._tls = connect, tls

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
        local_address: str | None = None,
        socket_options: object = None,
    ) -> httpcore.AsyncNetworkStream:
        if self._connect:
            raise self._connect
        if self._tls:
            return _Stream(self._tls)
        with anyio.move_on_after(timeout):  # nobody answers
            await anyio.sleep_forever()
        raise httpcore.ConnectTimeout


def over(pool: httpcore.AsyncConnectionPool) -> httpx.AsyncHTTPTransport:
    """httpx's own transport, with its own mapping of exceptions, over that pool."""
    transport = httpx.AsyncHTTPTransport()
    transport._pool = pool
    return transport


def no_connection(connect: Exception | None = None, tls: Exception | None = None) -> httpx.AsyncHTTPTransport:
    """A transport whose every connection fails like that; by hanging where no failure is given."""
    return over(httpcore.AsyncConnectionPool(network_backend=FailingNetwork(connect, tls)))


def refusing_proxy() -> httpx.AsyncHTTPTransport:
    """A transport whose proxy wants to know first who is asking."""
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    network = httpcore.AsyncMockBackend([refusal])
    return over(httpcore.AsyncHTTPProxy("http://proxy.test:3128", network_backend=network))


class Answer(httpx.AsyncBaseTransport):
    """Somebody on the way answers in the provider's place."""

    def __init__(self, status: int, code: str) -> None:
        self._status, self._code = status, code

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(self._status, json={"error": {"code": self._code, "message": self._code}})


CERTIFICATE = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain"


@dataclass(frozen=True)
class Fault:
    """One of the 25, and how a call is told that met it, unless the call has its own reading of it."""

    name: str
    reason: Reason
    play: Callable[[Rig, str], object]
    sent: bool = True  # whether the provider may have acted on the request
    effect: bool = False  # whether it did


def _played(name: str, **options: object) -> Callable[[Rig, str], object]:
    return lambda rig, call: rig.provider.fault(call, name, times=None, **options)


def _wired(transport: Callable[[], httpx.AsyncBaseTransport]) -> Callable[[Rig, str], object]:
    return lambda rig, call: rig.wire.broken.update({call: transport()})


def _polled(name: str, code: str) -> Callable[[Rig, str], object]:
    """Bodies that mean something to a poll alone; elsewhere they come from somebody who is confused."""

    def play(rig: Rig, call: str) -> None:
        if call == "poll":
            rig.provider.fault(call, name, times=None)
        else:
            rig.wire.broken[call] = Answer(403, code)

    return play


NETWORK, PROVIDER, BLOCKED = Reason.NETWORK, Reason.PROVIDER, Reason.BLOCKED
FAULTS = (
    Fault("DNS", NETWORK, _wired(lambda: no_connection(httpcore.ConnectError("Name or service not known"))), False),
    Fault("refused", NETWORK, _wired(lambda: no_connection(httpcore.ConnectError("Connection refused"))), False),
    Fault("connect time-out", NETWORK, _wired(no_connection), False),
    Fault("TLS", NETWORK, _wired(lambda: no_connection(tls=httpcore.ConnectError("[SSL] EOF occurred"))), False),
    Fault("certificate", NETWORK, _wired(lambda: no_connection(tls=httpcore.ConnectError(CERTIFICATE))), False),
    Fault("proxy 407", NETWORK, _wired(refusing_proxy), False),
    Fault("read time-out", NETWORK, _played("hang", effect=False)),
    Fault("reset after send", NETWORK, _played("reset"), effect=True),
    Fault("slow-loris", NETWORK, _played("trickle", pause=10.0), effect=True),
    Fault("400", PROVIDER, _played("400")),
    Fault("401 JSON", PROVIDER, _played("401")),
    Fault("403 pending", PROVIDER, _polled("pending-403", "deviceauth_authorization_pending")),
    Fault("403 expired", PROVIDER, _polled("expired", "expired_token")),
    Fault("403 Cloudflare HTML", BLOCKED, _played("403-html")),
    Fault("403 region", Reason.REGION, _played("403-region")),
    Fault("404", PROVIDER, _played("404")),
    Fault("408", PROVIDER, _played("408")),
    Fault("429 with Retry-After", Reason.LIMIT, _played("429", retry_after=7)),
    Fault("429 without Retry-After", Reason.LIMIT, _played("429")),
    Fault("500", PROVIDER, _played("500")),
    Fault("502 HTML", BLOCKED, _played("502-html")),
    Fault("503", PROVIDER, _played("503")),
    Fault("302 elsewhere", PROVIDER, _played("302")),
    Fault("200 broken", PROVIDER, _played("200-broken")),
    Fault("200 oversized", PROVIDER, _played("200-oversized"), effect=True),
)
# What else a 200 may hold; each is the cell "200 broken" once more.
BROKEN_BODIES = tuple(
    Fault(f"200 broken ({name})", BLOCKED if name == "200-html" else PROVIDER, _played(name))
    for name in (
        "200-empty",
        "200-object",
        "200-list",
        "200-null",
        "200-bytes",
        "200-nested",
        "200-gzip-bomb",
        "200-html",
    )
)
