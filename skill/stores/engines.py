"""The engine for each kind of database, and how long a database is waited for (trust.md, section 4: 3 s in all)."""

import asyncio
import sqlite3
from contextlib import nullcontext
from functools import partial
from threading import Thread
from typing import Any

import aiosqlite
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from skill.errors import StorageError
from skill.settings import Settings
from skill.stores.files import private_file, private_folder

DATABASE_FILE = "onboarding.db"

# Seconds. A step that takes longer fails by itself; `ANSWER` bounds them all together, for a frozen network.
FILE_LOCK = 2.5  # for the write lock of the SQLite file
ANSWER = 2.2  # for all that one read or one transaction on a server does
CONNECT = STATEMENT = POOL = 2.0
LOCK = 1.5  # shorter than a statement, so that the server names the cause
PING = 0.7  # before a connection is used again; leaves time to make another
OPENING = 600.0  # all migrations; nobody waits that long for them, the next message finds them done
IDLE = 5.0  # a worker that froze within a transaction holds nobody up for longer

_EXTRA = "pip install 'chatgpt-codex-onboarding[postgres]'"


def engine_for(settings: Settings) -> AsyncEngine:
    """SQLite in the data folder unless `database_url` names another database. Raises `StorageError`."""
    if not settings.database_url:
        return _file_engine(str(private_file(private_folder(settings.home) / DATABASE_FILE)))
    try:
        url = make_url(settings.database_url)
        if url.get_backend_name() == "sqlite" and not url.host:
            return _file_engine(url.database or ":memory:")
        return _server_engine(url)
    except NoSuchModuleError:
        raise StorageError(
            f"The database can't be used: nothing knows {url.drivername}. Write postgresql://…"
        ) from None
    except ArgumentError:
        raise StorageError("The address in CODEX_ONBOARDING_DATABASE_URL is none. Write postgresql://…") from None
    except ModuleNotFoundError as missing:
        raise StorageError(f"The database needs {missing.name}; for PostgreSQL: {_EXTRA}") from None


class Queue:
    """One writer after the other within this process: SQLite's own way of waiting is no queue, and starves some.

    Whoever waits gives up when nobody got through for `FILE_LOCK` seconds; a long queue that moves is waited for.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._limits = set[asyncio.Timeout]()

    async def __aenter__(self) -> None:
        async with asyncio.timeout(FILE_LOCK) as limit:
            self._limits.add(limit)
            try:
                await self._lock.acquire()
            finally:
                self._limits.discard(limit)

    async def __aexit__(self, failure: object, *_: object) -> None:
        self._lock.release()
        if failure is None:
            later = asyncio.get_running_loop().time() + FILE_LOCK
            for limit in self._limits:
                if not limit.expired():
                    limit.reschedule(later)


def queue_for(settings: Settings) -> Queue | nullcontext[None]:
    """A server needs none."""
    return nullcontext() if _on_a_server(settings) else Queue()


def patience(settings: Settings) -> float | None:
    """Seconds that an answer may take; None for a file, whose only wait has a limit of its own."""
    return ANSWER if _on_a_server(settings) else None


def _on_a_server(settings: Settings) -> bool:
    return bool(settings.database_url) and not str(settings.database_url).startswith("sqlite")


# --- a server ------------------------------------------------------------------------------------------------------


def _server_engine(url: URL) -> AsyncEngine:
    if url.drivername in ("postgresql", "postgres"):  # as everybody writes it
        url = url.set(drivername="postgresql+asyncpg")
    if url.get_driver_name() != "asyncpg":
        return create_async_engine(url, pool_pre_ping=True, pool_timeout=POOL)
    if "sslmode" in url.query:  # libpq's name, which asyncpg knows within an address only
        query = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
        url = url.set(query=query)
    limits = {"lock_timeout": LOCK, "statement_timeout": STATEMENT, "idle_in_transaction_session_timeout": IDLE}
    engine = create_async_engine(
        url,
        pool_timeout=POOL,
        connect_args={
            "timeout": CONNECT,
            "server_settings": {name: f"{seconds * 1000:.0f}" for name, seconds in limits.items()},
        },
    )
    event.listen(engine.sync_engine, "checkout", _ping)
    return engine


def _ping(connection: Any, _record: Any, _proxy: Any) -> None:
    """One that doesn't answer is replaced, and all others of its time are (SQLAlchemy's own ping has no limit)."""
    connection.run_async(_answers)


async def _answers(connection: Any) -> None:
    try:
        await connection.execute("SELECT 1", timeout=PING)
    except Exception:  # noqa: BLE001 (whatever the driver says: it can't be used)
        connection.terminate()  # not politely: whoever doesn't answer would be waited for once more
        raise InvalidatePoolError from None


# --- a file --------------------------------------------------------------------------------------------------------


def _file_engine(path: str) -> AsyncEngine:
    engine = create_async_engine(
        "sqlite+aiosqlite://", async_creator=partial(_connect, path), poolclass=AsyncAdaptedQueuePool
    )
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


async def _connect(path: str) -> aiosqlite.Connection:
    connection = aiosqlite.connect(path, timeout=FILE_LOCK)
    worker: Thread = connection._thread
    worker.daemon = True
    try:
        return await connection
    except sqlite3.Error:
        await asyncio.to_thread(worker.join)  # its last word goes through this loop, which may close right after
        raise


def _prepare(connection: Any, _record: Any) -> None:
    """Readers beside a writer (WAL), durable at each commit; transactions are begun by us, not by the driver."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA secure_delete = ON")  # what was logged out or sealed with an old key leaves the file too
    cursor.close()


def _begin(connection: Connection) -> None:
    """The write lock is taken first, so that what a transaction has read can't change under it."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
