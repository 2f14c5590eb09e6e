"""How long a turn takes among many stored conversations, beside the same turn among 1,000; on both engines.

    python -m benchmarks.latency --rows 1000000

The crowd is inserted in bulk: a session, and a receipt of its last message, of the size that real ones have.
"""

import argparse
import asyncio
import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, insert

from skill import Message, Onboarding, Settings
from skill.simulator import LocalProvider
from skill.stores.migrations import receipts, sessions
from tests.postgres import a_database, a_server

FEW = 1_000
TURNS = 200
AT_ONCE = 5_000
SEALED = {sessions: 700, receipts: 900}  # bytes; what a sign-in leaves behind
TURN = {
    "a word that may be a reply (one read)": "yes",
    "a sign-in (two transactions)": "Sign in with my ChatGPT account",
}


async def _crowd(onboarding: Onboarding, size: int) -> None:
    """So many quiet conversations of other people."""
    now = int(time.time())

    def fill(connection: Connection, _: object) -> None:
        for first in range(0, size, AT_ONCE):
            names = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(first, min(size, first + AT_ONCE))]
            for table, length in SEALED.items():
                row: dict[str, Any] = {"touched_at": now, "sealed": os.urandom(length)}
                more = {"version": 3, "state": "idle", "due_at": now + 10**6} if table is sessions else {}
                keys = [{"owner": name} | ({"message": name} if table is receipts else {}) for name in names]
                connection.execute(insert(table), [row | more | key for key in keys])

    await onboarding.store.maintain(fill)
    if onboarding.settings.database_url:
        await onboarding.store.maintain(lambda connection, _: connection.exec_driver_sql("ANALYZE"))


@asynccontextmanager
async def _hook(provider: LocalProvider, home: Path, database: str | None) -> AsyncIterator[Onboarding]:
    transport = httpx.ASGITransport(app=provider.app)
    async with (
        httpx.AsyncClient(transport=transport) as client,
        Onboarding(Settings(home=home, database_url=database), client=client) as onboarding,
    ):
        yield onboarding


async def _turn(onboarding: Onboarding, name: str, text: str) -> float:
    message = Message(message_id="m", conversation_id=name, user_id=name, text=text, private=True)
    begun = time.perf_counter()
    await onboarding.handle(message)
    return time.perf_counter() - begun


def _usual(seconds: list[float]) -> float:
    """The lower quartile without the first turns: what others do on this machine only ever adds."""
    return statistics.quantiles(seconds[5:], n=4)[0]


async def _compare(engine: str, rows: int, few: str | None, many: str | None) -> None:
    """Turn about, so that both see the same machine."""
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as opened:
            provider, home = LocalProvider(), Path(folder)
            small = await opened.enter_async_context(_hook(provider, home / "few", few))
            large = await opened.enter_async_context(_hook(provider, home / "many", many))
            await _crowd(small, FEW)
            await _crowd(large, rows)
            for name, text in TURN.items():
                taken: dict[Onboarding, list[float]] = {small: [], large: []}
                for number in range(TURNS + 5):
                    for onboarding, times in taken.items():
                        times.append(await _turn(onboarding, f"{name} {number}", text))
                among_few, among_many = (_usual(times) * 1000 for times in taken.values())
                print(
                    f"{engine}, {name}: {among_many:.2f} ms among {rows:,}, {among_few:.2f} ms among {FEW:,}, ", end=""
                )
                print(f"ratio {among_many / among_few:.2f} (aim: 1.3 at most)")


def main(arguments: list[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000, help="stored conversations (default: 50000)")
    rows = parser.parse_args(arguments).rows
    asyncio.run(_compare("SQLite", rows, None, None))
    with ExitStack() as opened:
        server = opened.enter_context(a_server())
        few, many = (opened.enter_context(a_database(server.address)) for _ in range(2))
        asyncio.run(_compare("PostgreSQL", rows, few, many))


if __name__ == "__main__":
    main()
