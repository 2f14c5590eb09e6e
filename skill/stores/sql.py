"""The store over SQLAlchemy: SQLite in the data folder unless `database_url` names another database."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from threading import Thread
from typing import Any, TypeVar

import aiosqlite
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import (
    Connection,
    Delete,
    Select,
    Table,
    Update,
    delete,
    event,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from skill.core.session import Session
from skill.errors import StorageError
from skill.message import Keyed, OwnerKey
from skill.oauth.credential import Credential
from skill.settings import Settings
from skill.stores.base import Change, Receipt, Record, Result
from skill.stores.files import private_file, private_folder
from skill.stores.keys import open_vault
from skill.stores.migrations import credentials, key_check, migrate, receipts, sessions, set_aside, trail
from skill.stores.vault import DamagedError, Source, Vault

DATABASE_FILE = "onboarding.db"
LOCK_WAIT = 2.5  # seconds; a plain answer is due within 3 (trust.md, section 4)
CONFLICTS_TRIED = 20
RECEIPTS_KEPT = 24 * 3600  # seconds (conversation.md, section 3)
SWEPT_AT_ONCE = 200

_EXTRA = "pip install 'chatgpt-codex-onboarding[postgres]'"

log = logging.getLogger(__name__)

Value = TypeVar("Value")
_SHAPES: dict[Table, TypeAdapter[Any]] = {
    sessions: TypeAdapter(Session),
    credentials: TypeAdapter(Credential),
    receipts: TypeAdapter(Receipt),
}


class _ConflictError(Exception):
    """Another writer came between read and write; nothing was written."""


class _RekeyedError(StorageError):
    """The database has another key than when it was opened; nothing was read or written."""

    def __init__(self) -> None:
        super().__init__("The key of the database was exchanged this very moment. Please try again.")


class SqlStore:
    """Sessions, credentials and receipts in one database. Opened at first use, and again after a failure."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening = asyncio.Lock()
        self._opened: tuple[AsyncEngine, Vault] | None = None

    async def read(self, owner: Keyed, message_key: str | None = None) -> Record:
        """See `Store.read`."""

        async def look(engine: AsyncEngine, vault: Vault) -> Record:
            async with engine.connect() as connection:
                plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
                return await _Unit(plain, vault, owner.key, message_key).read()

        return await self._guarded(look)

    async def transact(self, owner: Keyed, change: Change[Result], message_key: str | None = None) -> Result:
        """See `Store.transact`."""

        async def attempt(engine: AsyncEngine, vault: Vault) -> Result:
            for _ in range(CONFLICTS_TRIED):
                try:
                    async with engine.begin() as connection:
                        return await _Unit(connection, vault, owner.key, message_key).change(change)
                except (_ConflictError, IntegrityError):
                    continue
            raise StorageError("The database is too busy; the same record changes faster than it can be written.")

        return await self._guarded(attempt)

    async def sweep(self, now: datetime) -> list[OwnerKey]:
        """See `Store.sweep`."""

        async def work(engine: AsyncEngine, _: Vault) -> list[OwnerKey]:
            async with engine.begin() as connection:
                old = receipts.c.touched_at < _now() - RECEIPTS_KEPT
                await connection.execute(delete(receipts).where(old))
                kept = int(now.timestamp()) - self._settings.trail_days * 24 * 3600
                await connection.execute(delete(trail).where(trail.c.at < kept))
                due = select(sessions.c.owner).where(sessions.c.due_at <= int(now.timestamp())).limit(SWEPT_AT_ONCE)
                return [OwnerKey(owner) for owner in (await connection.execute(due)).scalars()]

        return await self._guarded(work)

    async def forget(self, owner: Keyed) -> int:
        """See `Store.forget`."""

        async def work(engine: AsyncEngine, _: Vault) -> int:
            tables = (sessions, credentials, receipts, trail)
            mine = [delete(table).where(table.c.owner == owner.key) for table in tables]
            damaged = delete(set_aside).where(set_aside.c.place.contains(f"/{owner.key}"))
            async with engine.begin() as connection:
                return sum([(await connection.execute(statement)).rowcount for statement in (*mine, damaged)])

        return await self._guarded(work)

    async def maintain(self, work: Callable[[Connection, Vault], Value]) -> Value:
        """One transaction over the whole database, for the operator's commands."""

        async def run(engine: AsyncEngine, vault: Vault) -> Value:
            async with engine.begin() as connection:
                if not vault.fits(await connection.scalar(select(key_check.c.sealed)) or b""):
                    raise _RekeyedError
                return await connection.run_sync(work, vault)

        return await self._guarded(run)

    @property
    def sealed_by(self) -> Source | None:
        """Where the key comes from; None before the first use."""
        return self._opened[1].source if self._opened else None

    async def close(self) -> None:
        """See `Store.close`."""
        if self._opened:
            engine, self._opened = self._opened[0], None
            await engine.dispose()

    async def _guarded(self, work: Callable[[AsyncEngine, Vault], Awaitable[Value]]) -> Value:
        try:
            try:
                return await work(*await self._ready())
            except _RekeyedError:  # by another process; the new key is there, or the message tells what is missing
                await self.close()
                return await work(*await self._ready())
        except SQLAlchemyError as fault:
            cause = _cause(fault)
            raise StorageError(f"The database can't be used: {cause}. {_next_step(self._settings, cause)}") from None
        except OSError as fault:
            raise StorageError(
                f"The data folder can't be used: {fault.strerror}. {_next_step(self._settings)}"
            ) from None

    async def _ready(self) -> tuple[AsyncEngine, Vault]:
        async with self._opening:
            self._opened = self._opened or await self._open()
            return self._opened

    async def _open(self) -> tuple[AsyncEngine, Vault]:
        engine = _engine(self._settings)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(migrate)
                check = await connection.scalar(select(key_check.c.sealed))
                vault = await asyncio.to_thread(open_vault, self._settings, check)  # a keyring may take its time
                if check is None:
                    await connection.execute(insert(key_check).values(number=1, sealed=vault.check()))
        except BaseException:
            await engine.dispose()
            raise
        return engine, vault


def _engine(settings: Settings) -> AsyncEngine:
    if not settings.database_url:
        return _sqlite_engine(str(private_file(private_folder(settings.home) / DATABASE_FILE)))
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not url.host:
        return _sqlite_engine(url.database or ":memory:")
    if url.drivername in ("postgresql", "postgres"):  # as everybody writes it
        url = url.set(drivername="postgresql+asyncpg")
    try:
        return create_async_engine(url, pool_pre_ping=True, pool_timeout=LOCK_WAIT)
    except ModuleNotFoundError as missing:
        raise StorageError(f"The database needs {missing.name}; for PostgreSQL: {_EXTRA}") from None


def _sqlite_engine(path: str) -> AsyncEngine:
    engine = create_async_engine(
        "sqlite+aiosqlite://", async_creator=partial(_connect, path), poolclass=AsyncAdaptedQueuePool
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


async def _connect(path: str) -> aiosqlite.Connection:
    connection = aiosqlite.connect(path, timeout=LOCK_WAIT)
    worker: Thread = connection._thread
    worker.daemon = True
    try:
        return await connection
    except sqlite3.Error:
        await asyncio.to_thread(worker.join)  # its last word goes through this loop, which may close right after
        raise


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Readers beside a writer (WAL), durable at each commit; transactions are begun by us, not by the driver."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA secure_delete = ON")  # what was logged out or sealed with an old key leaves the file too
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """The write lock is taken first, so that what a transaction has read can't change under it."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def placed(table: Table, owner: str, message: str | None) -> str:
    """The place that a record is sealed for: nowhere else can it be opened."""
    return f"{table.name}/{owner}" + (f"/{message}" if table is receipts else "")


def _lookup(owner: str, message_key: str | None) -> Select[Any]:
    """Session, credential, receipt and the key's check by primary key, in one statement that always gives one row."""
    anchor = select(literal(1).label("one")).subquery()
    return select(sessions.c.sealed, credentials.c.sealed, receipts.c.sealed, key_check.c.sealed).select_from(
        anchor.outerjoin(sessions, sessions.c.owner == owner)
        .outerjoin(credentials, credentials.c.owner == owner)
        .outerjoin(receipts, receipts.c.message == (message_key or ""))
        .outerjoin(key_check, key_check.c.number == 1)
    )


class _Unit:
    """One person's records within one connection: opened when read, sealed when written.

    Compare-and-swap: a row is written only if its version is still the one that was read.
    """

    def __init__(self, connection: AsyncConnection, vault: Vault, owner: str, message: str | None) -> None:
        self._connection, self._vault, self._owner, self._message = connection, vault, owner, message
        self._damaged: list[tuple[Table, bytes]] = []

    async def read(self) -> Record:
        """The record; what can't be opened counts as absent."""
        *sealed, check = (await self._connection.execute(_lookup(self._owner, self._message))).one()
        if not self._vault.fits(check or b""):
            raise _RekeyedError
        session, credential, receipt = map(self._open, (sessions, credentials, receipts), sealed)
        return Record(session or Session(), credential, receipt)

    async def change(self, change: Change[Result]) -> Result:
        """Read, decide, write."""
        before = await self.read()
        await self._set_aside()
        after, result = change(before)
        session, login = after.session, after.credential
        if session is not before.session:
            state = session.flow.state if session.flow else "idle"
            due_at = int(session.due_at.timestamp()) if session.due_at else None
            await self._put(sessions, before.session.version, session, state=state, due_at=due_at)
        if login is not before.credential:
            await self._put(credentials, before.credential.version if before.credential else 0, login)
        if self._message and after.receipt is not before.receipt:
            await self._put_receipt(self._message, before.receipt, after.receipt)
        kept = [entry for entry in after.trail if entry.kept]
        if kept:
            rows = [asdict(entry) | {"owner": self._owner, "at": int(entry.at.timestamp())} for entry in kept]
            await self._connection.execute(insert(trail), rows)
        return result

    async def _put(
        self, table: Table, version: int, value: Session | Credential | None, **columns: str | int | None
    ) -> None:
        mine = (table.c.owner == self._owner) & (table.c.version == version)
        if value is None:
            return await self._swap(delete(table).where(mine))
        row = self._row(table, replace(value, version=version + 1)) | {"version": version + 1, **columns}
        if version:
            return await self._swap(update(table).where(mine).values(row))
        await self._connection.execute(insert(table).values(owner=self._owner, **row))
        return None

    async def _put_receipt(self, message: str, before: Receipt | None, after: Receipt | None) -> None:
        row = self._row(receipts, after)
        if before:
            await self._connection.execute(update(receipts).where(receipts.c.message == message).values(row))
        else:
            await self._connection.execute(insert(receipts).values(message=message, owner=self._owner, **row))

    async def _set_aside(self) -> None:
        """Keep a damaged record as it was found, and make room for a new one."""
        for table, sealed in self._damaged:
            place = self._place(table)
            log.error("a record can't be opened and was set aside: %s", place)
            await self._connection.execute(insert(set_aside).values(place=place, touched_at=_now(), sealed=sealed))
            key = self._message if table is receipts else self._owner
            await self._connection.execute(delete(table).where(next(iter(table.primary_key)) == key))

    async def _swap(self, statement: Update | Delete) -> None:
        if (await self._connection.execute(statement)).rowcount != 1:
            raise _ConflictError

    def _place(self, table: Table) -> str:
        return placed(table, self._owner, self._message)

    def _row(self, table: Table, value: Any) -> dict[str, Any]:
        sealed = self._vault.seal(_SHAPES[table].dump_json(value), self._place(table))
        return {"touched_at": _now(), "sealed": sealed}

    def _open(self, table: Table, sealed: bytes | None) -> Any:
        if sealed is None:
            return None
        try:
            return _SHAPES[table].validate_json(self._vault.open(sealed, self._place(table)))
        except (DamagedError, ValidationError):
            self._damaged.append((table, sealed))
            return None


def _cause(fault: SQLAlchemyError) -> str:
    """The driver's own words; they name files and locks, never values."""
    return str(getattr(fault, "orig", None) or type(fault).__name__)


def _next_step(settings: Settings, cause: str = "") -> str:
    if settings.database_url:
        return "Check the address in CODEX_ONBOARDING_DATABASE_URL."
    if "not a database" in cause or "malformed" in cause:
        return f"Restore {settings.home / DATABASE_FILE} from a backup, or move it aside; it was left as it is."
    return f"Check rights and space of {settings.home}."


def _now() -> int:
    return int(time.time())
