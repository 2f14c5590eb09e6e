"""A way to a database that can be frozen or cut, as a network does it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit


class Proxy:
    """Stands on a local port between a test's loop and the server, and passes on what it is sent."""

    def __init__(self, server: str) -> None:
        self._server = urlsplit(server)
        self._open = set[asyncio.Transport]()
        self._flows = asyncio.Event()
        self._flows.set()
        self._connected = True

    @property
    def address(self) -> str:
        """The same database by this way."""
        user = self._server.netloc.rpartition("@")[0] or "postgres"
        return f"postgresql://{user}@127.0.0.1:{self._port}{self._server.path}"

    @asynccontextmanager
    async def listen(self) -> AsyncIterator["Proxy"]:
        """Until the end, when all connections are dropped."""
        server = await asyncio.start_server(self._serve, "127.0.0.1")
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self.cut()
            server.close()
            await server.wait_closed()

    def freeze(self) -> None:
        """Nothing passes any more, and nobody is told."""
        self._flows.clear()

    def thaw(self) -> None:
        """What was held up goes on."""
        self._flows.set()

    def cut(self) -> None:
        """Every connection breaks, and each new one does at once."""
        self._connected = False
        for transport in list(self._open):
            transport.abort()

    def mend(self) -> None:
        """New connections are served again."""
        self._connected = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._connected:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await self._reach()
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        folder = parse_qs(self._server.query).get("host")
        port = self._server.port or 5432
        if folder:
            return await asyncio.open_unix_connection(f"{folder[0]}/.s.PGSQL.{port}")
        return await asyncio.open_connection(self._server.hostname, port)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer.transport)
        try:
            while piece := await reader.read(65536):
                await self._flows.wait()
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass
        finally:
            self._open.discard(writer.transport)
            writer.transport.abort()
