"""The service on a real port; by default one that only this machine can reach."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from skill.runtimes.common import open_listener
from skill.runtimes.service.admission import is_loopback
from skill.settings import Settings

GRACE = 30  # seconds for what is in flight when the process is asked to end; a turn takes 25 at most
AT_ONCE = 500  # connections; whoever comes beyond them is asked to come again


class OpenToOthersError(ValueError):
    """An address that other machines reach, and no secret to tell who is speaking."""


def listen(settings: Settings, host: str, port: int) -> socket.socket:
    """The listening socket; raises `OpenToOthersError`, or `OSError` where the address can't be had."""
    if not is_loopback(host) and settings.webhook_secret is None:
        raise OpenToOthersError("an address that other machines can reach needs CODEX_ONBOARDING_WEBHOOK_SECRET")
    return open_listener(host, port)


def url_of(listener: socket.socket) -> str:
    """Where it listens."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def run(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM; what is in flight is answered first."""
    _server(app).run(sockets=[listener])


@contextlib.contextmanager
def in_thread(app: ASGIApp, listener: socket.socket) -> Iterator[str]:
    """Serve beside the caller for as long as the block lasts. It listens already, so nobody has to wait for it."""
    server = _server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="service", daemon=True)
    thread.start()
    try:
        yield url_of(listener)
    finally:
        server.should_exit = True
        thread.join()


def _server(app: ASGIApp) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            lifespan="on",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # who speaks is told by the signature, never by a header
            server_header=False,
            limit_concurrency=AT_ONCE,
            timeout_graceful_shutdown=GRACE,
        )
    )
