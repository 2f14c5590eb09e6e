"""The provider on a real port of this machine, in the running loop or in a thread of its own."""

import asyncio
import contextlib
import errno
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .provider import LocalProvider

# Never anything else: its accounts are open to whoever reaches it.
HOST = "127.0.0.1"


class PortTakenError(OSError):
    """Somebody else listens on the port."""


@dataclass(frozen=True)
class Served:
    """Where the provider listens."""

    provider: LocalProvider
    url: str

    @property
    def issuer(self) -> str:
        """What a client takes for https://auth.openai.com."""
        return self.url

    @property
    def page_url(self) -> str:
        """Where a person types the code."""
        return f"{self.url}/codex/device"

    @property
    def backend_url(self) -> str:
        """What a client takes for https://chatgpt.com/backend-api."""
        return f"{self.url}/backend-api"


class _Connection(H11Protocol):
    """Hands its transport to the application, which some faults cut."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.access_log = False
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """Leaves the signals of the process alone: the program around it decides what Ctrl-C means."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    def cut(self) -> None:
        """Stop, and drop whoever still waits for a reply."""
        self.should_exit = True
        for connection in list(self.server_state.connections):
            if connection.transport:
                connection.transport.abort()


def _listen(port: int) -> socket.socket:
    # asyncio switches off the kernel's waiting for fuller packets only where a socket names its protocol.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        # Two sockets may bind one port as long as neither listens.
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            hint = f"port {port} on {HOST} is in use; choose another, or 0 for any free one"
            raise PortTakenError(hint) from error
        raise
    return listener


@contextlib.asynccontextmanager
async def serve(provider: LocalProvider, port: int = 0) -> AsyncIterator[Served]:
    """Serve in the running loop for as long as the block lasts; port 0 takes any free one."""
    listener = _listen(port)
    provider.url = f"http://{HOST}:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        provider.app,
        http=_Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
    )
    server = _Server(config)
    running = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        running.add_done_callback(lambda _: server.listening.set())
        await server.listening.wait()
        yield Served(provider, provider.url)
    finally:
        server.cut()
        await running


@contextlib.contextmanager
def serve_in_thread(provider: LocalProvider, port: int = 0) -> Iterator[Served]:
    """The same for callers without a loop; the provider's controls may be used from any thread."""
    thread = _ServerThread(provider, port)
    thread.start()
    try:
        yield thread.ready.result()
    finally:
        thread.stop()


class _ServerThread(threading.Thread):
    def __init__(self, provider: LocalProvider, port: int) -> None:
        super().__init__(name="local-provider", daemon=True)
        self._provider, self._port = provider, port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self.ready: Future[Served] = Future()

    def run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            async with serve(self._provider, self._port) as served:
                self.ready.set_result(served)
                await self._stopping.wait()
        except OSError as error:
            if self.ready.done():
                raise
            self.ready.set_exception(error)

    def stop(self) -> None:
        if self._loop and self.is_alive():
            # The loop may have ended by itself in between.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stopping.set)
        self.join()
