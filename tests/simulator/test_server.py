"""The port: only this machine's, free again afterwards, and quiet."""

import asyncio
import contextlib
import logging
import socket
import threading
from urllib.parse import urlsplit

import httpx
import pytest

from skill.simulator import LocalProvider, PortTakenError, serve, serve_in_thread

from .client import Client


def port_of(url: str) -> int:
    return urlsplit(url).port or 0


def test_it_listens_on_loopback_and_names_both_addresses(provider: LocalProvider) -> None:
    async def main() -> None:
        async with serve(provider) as served:
            assert served.url == f"http://127.0.0.1:{port_of(served.url)}" == provider.url == served.issuer
            assert served.page_url == f"{served.url}/codex/device"
            assert served.backend_url == f"{served.url}/backend-api"

    asyncio.run(main())


def test_a_taken_port_is_told_and_a_freed_one_taken(provider: LocalProvider) -> None:
    async def main() -> None:
        async with serve(provider) as served:
            port = port_of(served.url)
            with pytest.raises(PortTakenError, match=f"port {port} on 127.0.0.1 is in use; choose another"):
                async with serve(LocalProvider(), port):
                    pass
            with pytest.raises(PortTakenError), serve_in_thread(LocalProvider(), port):
                pass
        async with serve(LocalProvider(), port) as again:
            assert port_of(again.url) == port

    asyncio.run(main())


def test_a_failed_block_leaves_no_server(provider: LocalProvider) -> None:
    async def main() -> None:
        with contextlib.suppress(ZeroDivisionError):
            async with serve(provider) as served:
                raise ZeroDivisionError
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port_of(served.url))) != 0

    asyncio.run(main())


def test_stopping_does_not_wait_for_a_client_that_hangs(provider: LocalProvider) -> None:
    async def main() -> None:
        async with httpx.AsyncClient() as http:
            arrived = asyncio.Event()
            provider.on_request = lambda record: arrived.set()
            async with serve(provider) as served:
                http.base_url = httpx.URL(served.url)
                provider.fault("start", "hang")
                waiting = asyncio.ensure_future(Client(http).start())
                await arrived.wait()
            with pytest.raises(httpx.TransportError):
                await waiting

    asyncio.run(asyncio.wait_for(main(), 10))


def test_a_thread_serves_callers_without_a_loop(provider: LocalProvider) -> None:
    before = threading.active_count()
    with serve_in_thread(provider) as served:
        assert httpx.get(f"{served.url}/codex/device").status_code == 200
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_faults_of_the_connection_log_no_error(provider: LocalProvider, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with serve(provider) as served, httpx.AsyncClient(base_url=served.url) as http:
            http.timeout = httpx.Timeout(5, read=0.05)
            for name in ("drop", "reset", "cut", "hang"):
                provider.fault("start", name)
                with pytest.raises(httpx.TransportError):
                    await Client(http).start()

    with caplog.at_level(logging.DEBUG):
        asyncio.run(main())
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_hundred_callers_at_once(provider: LocalProvider) -> None:
    async def main() -> None:
        limits = httpx.Limits(max_connections=20)
        async with serve(provider) as served, httpx.AsyncClient(base_url=served.url, limits=limits) as http:
            replies = await asyncio.gather(*(Client(http).start() for _ in range(100)))
            assert {reply.status_code for reply in replies} == {200}

    asyncio.run(main())
    assert provider.count("start") == 100
    assert len({code.user_code for code in provider.codes}) == 100
