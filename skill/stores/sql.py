"""The store over SQLAlchemy: SQLite in the data folder unless `database_url` names another database."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

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
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from skill.core.session import Session
from skill.errors import StorageError
from skill.message import Owner
from skill.oauth.credential import Credential
from skill.settings import Settings
from skill.stores.base import Change, Receipt, Record, Result
from skill.stores.files import private_file, private_folder
from skill.stores.migrations import credentials, key_check, migrate, receipts, sessions, set_aside
from skill.stores.vault import DamagedError, Vault, open_vault

DATABASE_FILE = "onboarding.db"
LOCK_WAIT = 2.5  # seconds; a plain answer is due within 3 (trust.md, section 4)
CONFLICTS_TRIED = 20

log = logging.getLogger(__name__)

Value = TypeVar("Value")
_SESSION, _CREDENTIAL, _RECEIPT = TypeAdapter(Session), TypeAdapter(Credential), TypeAdapter(Receipt)


class _ConflictError(Exception):
    """Another writer came between read and write; nothing was written."""


class SqlStore:
    """Sessions, credentials and receipts in one database. Opened at first use, and again after a failure."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening = asyncio.Lock()
        self._opened: tuple[AsyncEngine, Vault] | None = None

    async def read(self, owner: Owner, message_key: str | None = None) -> Record:
        """See `Store.read`."""

        async def look(engine: AsyncEngine, vault: Vault) -> Record:
            async with engine.connect() as connection:
                plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
                row = (await plain.execute(_lookup(owner.key, message_key))).one()
                return _Opener(vault, owner.key, message_key).record(row)[0]

        return await self._guarded(look)

    async def transact(self, owner: Owner, change: Change[Result], message_key: str | None = None) -> Result:
        """See `Store.transact`."""

        async def attempt(engine: AsyncEngine, vault: Vault) -> Result:
            for _ in range(CONFLICTS_TRIED):
                try:
                    async with engine.begin() as connection:
                        return await _apply(connection, vault, owner.key, message_key, change)
                except (_ConflictError, IntegrityError):
                    continue
            raise StorageError("The database is too busy; the same record changes faster than it can be written.")

        return await self._guarded(attempt)

    async def close(self) -> None:
        """See `Store.close`."""
        if self._opened:
            engine, self._opened = self._opened[0], None
            await engine.dispose()

    async def _guarded(self, work: Callable[[AsyncEngine, Vault], Awaitable[Value]]) -> Value:
        try:
            async with self._opening:
                self._opened = self._opened or await self._open()
            return await work(*self._opened)
        except SQLAlchemyError as fault:
            raise StorageError(f"The database can't be used: {_cause(fault)}. {_next_step(self._settings)}") from None
        except OSError as fault:
            raise StorageError(
                f"The data folder can't be used: {fault.strerror}. {_next_step(self._settings)}"
            ) from None

    async def _open(self) -> tuple[AsyncEngine, Vault]:
        vault = open_vault(self._settings)
        engine = _engine(self._settings)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(migrate)
                await connection.run_sync(_check_key, vault)
        except BaseException:
            await engine.dispose()
            raise
        return engine, vault


def _engine(settings: Settings) -> AsyncEngine:
    if settings.database_url:
        return create_async_engine(settings.database_url, pool_pre_ping=True)
    path = private_file(private_folder(settings.home) / DATABASE_FILE)
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", connect_args={"timeout": LOCK_WAIT})
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Readers beside a writer (WAL), durable at each commit; transactions are begun by us, not by the driver."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """The write lock is taken first, so that what a transaction has read can't change under it."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _check_key(connection: Connection, vault: Vault) -> None:
    sealed = connection.scalar(select(key_check.c.sealed))
    if sealed is None:
        connection.execute(insert(key_check).values(number=1, sealed=vault.seal(b"fits", "key_check")))
        return
    try:
        vault.open(sealed, "key_check")
    except DamagedError:
        raise StorageError(
            "The key doesn't fit the database. Set the key that it was made with; nothing was changed."
        ) from None


def _lookup(owner: str, message_key: str | None) -> Select[Any]:
    """Session, credential and receipt by primary key, in one statement that always gives one row."""
    anchor = select(literal(1).label("one")).subquery()
    return select(sessions.c.sealed, credentials.c.sealed, receipts.c.sealed).select_from(
        anchor.outerjoin(sessions, sessions.c.owner == owner)
        .outerjoin(credentials, credentials.c.owner == owner)
        .outerjoin(receipts, receipts.c.message == (message_key or ""))
    )


class _Opener:
    """Opens the sealed columns of one row; a damaged one counts as absent and is remembered to be set aside."""

    def __init__(self, vault: Vault, owner: str, message_key: str | None) -> None:
        self._vault = vault
        self._places = (f"sessions/{owner}", f"credentials/{owner}", f"receipts/{owner}/{message_key}")
        self._damaged: list[tuple[str, bytes]] = []

    def record(self, row: Any) -> tuple[Record, list[tuple[str, bytes]]]:
        adapters: list[TypeAdapter[Any]] = [_SESSION, _CREDENTIAL, _RECEIPT]
        session, credential, receipt = map(self._value, adapters, row, self._places)
        return Record(session or Session(), credential, receipt), self._damaged

    def _value(self, adapter: TypeAdapter[Any], sealed: bytes | None, place: str) -> Any:
        if sealed is None:
            return None
        try:
            return adapter.validate_json(self._vault.open(sealed, place))
        except (DamagedError, ValidationError):
            self._damaged.append((place, sealed))
            return None


async def _apply(
    connection: AsyncConnection, vault: Vault, owner: str, message_key: str | None, change: Change[Result]
) -> Result:
    row = (await connection.execute(_lookup(owner, message_key))).one()
    before, damaged = _Opener(vault, owner, message_key).record(row)
    for place, sealed in damaged:
        await _Writer(connection, vault, owner).set_aside(place, sealed)
    after, result = change(before)
    writer = _Writer(connection, vault, owner)
    if after.session is not before.session:
        await writer.put(sessions, _SESSION, before.session.version, after.session, state=_summary(after.session))
    if after.credential is None and before.credential is not None:
        await writer.drop(credentials, before.credential.version)
    elif after.credential is not None and after.credential is not before.credential:
        await writer.put(
            credentials, _CREDENTIAL, before.credential.version if before.credential else 0, after.credential
        )
    if message_key and after.receipt is not None and after.receipt is not before.receipt:
        await writer.put_receipt(message_key, before.receipt is not None, after.receipt)
    return result


class _Writer:
    """Compare-and-swap: a row is written only if its version is still the one that was read."""

    def __init__(self, connection: AsyncConnection, vault: Vault, owner: str) -> None:
        self._connection, self._vault, self._owner = connection, vault, owner

    async def put(
        self,
        table: Table,
        adapter: TypeAdapter[Any],
        version: int,
        value: Session | Credential,
        **columns: str,
    ) -> None:
        content = adapter.dump_json(replace(value, version=version + 1))
        sealed = self._vault.seal(content, f"{table.name}/{self._owner}")
        row = {"version": version + 1, "touched_at": _now(), "sealed": sealed, **columns}
        if version:
            swap = update(table).where(table.c.owner == self._owner, table.c.version == version).values(row)
            await self._swap(swap)
        else:
            await self._connection.execute(insert(table).values(owner=self._owner, **row))

    async def drop(self, table: Table, version: int) -> None:
        await self._swap(delete(table).where(table.c.owner == self._owner, table.c.version == version))

    async def put_receipt(self, message: str, known: bool, receipt: Receipt) -> None:
        sealed = self._vault.seal(_RECEIPT.dump_json(receipt), f"receipts/{self._owner}/{message}")
        row = {"touched_at": _now(), "sealed": sealed}
        if known:
            await self._connection.execute(update(receipts).where(receipts.c.message == message).values(row))
        else:
            await self._connection.execute(insert(receipts).values(message=message, owner=self._owner, **row))

    async def set_aside(self, place: str, sealed: bytes) -> None:
        """Keep a damaged record as it was found, and make room for a new one."""
        log.error("a record can't be opened and was set aside: %s", place)
        await self._connection.execute(insert(set_aside).values(place=place, touched_at=_now(), sealed=sealed))
        name, key = place.split("/", maxsplit=1)[0], place.rsplit("/", 1)[-1]
        table = {"sessions": sessions, "credentials": credentials, "receipts": receipts}[name]
        await self._connection.execute(delete(table).where(next(iter(table.primary_key)) == key))

    async def _swap(self, statement: Update | Delete) -> None:
        if (await self._connection.execute(statement)).rowcount != 1:
            raise _ConflictError


def _summary(session: Session) -> str:
    """For the operator's eyes: the flow's state, or whether anything is remembered at all."""
    return session.flow.state if session.flow else "idle"


def _cause(fault: SQLAlchemyError) -> str:
    """The driver's own words; they name files and locks, never values."""
    return str(getattr(fault, "orig", None) or type(fault).__name__)


def _next_step(settings: Settings) -> str:
    place = (
        "the address in CODEX_ONBOARDING_DATABASE_URL"
        if settings.database_url
        else f"rights and space of {settings.home}"
    )
    return f"Check {place}."


def _now() -> int:
    return int(time.time())
