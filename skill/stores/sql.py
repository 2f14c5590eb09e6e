"""The store over SQLAlchemy: one way of writing, by compare-and-swap, for every database."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import (
    Connection,
    Delete,
    Select,
    Table,
    Update,
    delete,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from skill.clock import utc
from skill.core.session import Session
from skill.errors import StorageError
from skill.message import Keyed, OwnerKey
from skill.oauth.credential import Credential
from skill.settings import Settings
from skill.stores.access import Access, RekeyedError
from skill.stores.base import Change, Receipt, Record, Result, Swept
from skill.stores.engines import queue_for
from skill.stores.migrations import credentials, key_check, receipts, reserve, sessions, set_aside, trail
from skill.stores.vault import DamagedError, Source, Vault

CONFLICTS_TRIED = 20
RECEIPTS_KEPT = 24 * 3600  # seconds (conversation.md, section 3)
SWEPT_AT_ONCE = 200
PUT_OFF = 300  # seconds until a person who was due is so again, should the worker that sweeps them be gone
_RACED = ("40001", "40P01")  # serialization failure, deadlock: what PostgreSQL tells one of two writers

log = logging.getLogger(__name__)

Value = TypeVar("Value")
_SHAPES: dict[Table, TypeAdapter[Any]] = {
    sessions: TypeAdapter(Session),
    credentials: TypeAdapter(Credential),
    receipts: TypeAdapter(Receipt),
}


class _ConflictError(Exception):
    """Another writer came between read and write; nothing was written."""


class SqlStore:
    """Sessions, credentials and receipts in one database."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = utc) -> None:
        self._access, self._queue, self._now = Access(settings), queue_for(settings), now
        self._trail_kept = settings.trail_days * 24 * 3600  # seconds

    async def read(self, owner: Keyed, message_key: str | None = None) -> Record:
        """See `Store.read`."""

        async def look(engine: AsyncEngine, vault: Vault) -> Record:
            async with engine.connect() as connection:
                plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
                return await _Unit(plain, vault, owner.key, message_key).read()

        return await self._access.use(look)

    async def transact(self, owner: Keyed, change: Change[Result], message_key: str | None = None) -> Result:
        """See `Store.transact`."""

        async def attempt(engine: AsyncEngine, vault: Vault) -> Result:
            for attempt in range(CONFLICTS_TRIED):
                try:
                    async with self._begin(engine) as connection:
                        unit = _Unit(connection, vault, owner.key, message_key, int(self._now().timestamp()))
                        if attempt:
                            await unit.queue()
                        return await unit.change(change)
                except (_ConflictError, IntegrityError):
                    continue
                except DBAPIError as fault:
                    if getattr(fault.orig, "sqlstate", None) not in _RACED:
                        raise
            raise StorageError("The database is too busy; the same record changes faster than it can be written.")

        return await self._access.use(attempt)

    async def sweep(self, now: datetime) -> Swept:
        """See `Store.sweep`. What another worker has in hand is passed over, not waited for."""
        moment = int(now.timestamp())
        old = select(receipts.c.message).where(receipts.c.touched_at < moment - RECEIPTS_KEPT)
        past = select(trail.c.number).where(trail.c.at < moment - self._trail_kept)
        due = select(sessions.c.owner).where(sessions.c.due_at <= moment).order_by(sessions.c.due_at)

        async def work(engine: AsyncEngine, _: Vault) -> Swept:
            async with self._begin(engine) as connection:
                gone = delete(receipts).where(receipts.c.message.in_(_some(old)))
                deleted = (await connection.execute(gone)).rowcount
            async with self._begin(engine) as connection:
                outlived = delete(trail).where(trail.c.number.in_(_some(past)))
                dropped = (await connection.execute(outlived)).rowcount
            async with self._begin(engine) as connection:
                found = list((await connection.execute(_some(due))).scalars())
                put_off = update(sessions).where(sessions.c.owner.in_(found)).values(due_at=moment + PUT_OFF)
                await connection.execute(put_off)
            return Swept([OwnerKey(owner) for owner in found], more=SWEPT_AT_ONCE in (deleted, dropped, len(found)))

        return await self._access.use(work)

    async def forget(self, owner: Keyed) -> int:
        """See `Store.forget`."""

        async def work(engine: AsyncEngine, _: Vault) -> int:
            tables = (sessions, credentials, receipts, trail)
            mine = [delete(table).where(table.c.owner == owner.key) for table in tables]
            damaged = delete(set_aside).where(set_aside.c.place.contains(f"/{owner.key}"))
            async with self._begin(engine) as connection:
                return sum([(await connection.execute(statement)).rowcount for statement in (*mine, damaged)])

        return await self._access.use(work)

    async def maintain(self, work: Callable[[Connection, Vault], Value], alone: bool = False) -> Value:
        """One transaction over the whole database, for the operator's commands. `alone`: all others wait meanwhile."""

        async def run(engine: AsyncEngine, vault: Vault) -> Value:
            async with self._begin(engine) as connection:
                await connection.run_sync(reserve, alone)
                if not vault.fits(await connection.scalar(select(key_check.c.sealed)) or b""):
                    raise RekeyedError
                return await connection.run_sync(work, vault)

        return await self._access.use(run, bounded=False)

    @asynccontextmanager
    async def _begin(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        async with self._queue, engine.begin() as connection:
            yield connection

    @property
    def sealed_by(self) -> Source | None:
        """Where the key comes from; None before the first use."""
        return self._access.sealed_by

    async def close(self) -> None:
        """See `Store.close`."""
        await self._access.close()


def _some(wanted: Select[Any]) -> Select[Any]:
    """A batch of those rows, without those that somebody else has locked."""
    return wanted.limit(SWEPT_AT_ONCE).with_for_update(skip_locked=True)


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

    def __init__(
        self, connection: AsyncConnection, vault: Vault, owner: str, message: str | None, moment: int = 0
    ) -> None:
        self._connection, self._vault, self._owner, self._message = connection, vault, owner, message
        self._moment = moment  # unix seconds, for what is written
        self._damaged: list[tuple[Table, bytes]] = []
        self._receipt: bytes | None = None  # as it was read; it has no version

    async def queue(self) -> None:
        """Wait for whoever changes this person's records, so that the next try can't be beaten for ever."""
        await self._connection.execute(
            select(sessions.c.owner).where(sessions.c.owner == self._owner).with_for_update()
        )

    async def read(self) -> Record:
        """The record; what can't be opened counts as absent."""
        *sealed, check = (await self._connection.execute(_lookup(self._owner, self._message))).one()
        if not self._vault.fits(check or b""):
            raise RekeyedError
        self._receipt = sealed[-1]
        session, credential, receipt = map(self._open, (sessions, credentials, receipts), sealed)
        return Record(session or Session(), credential, receipt)

    async def change(self, change: Change[Result]) -> Result:
        """Read, decide, write."""
        before = await self.read()
        await self._set_aside()
        after, result = change(before)
        session, login = after.session, after.credential
        if session is not before.session and session.blank:
            if before.session.version:
                await self._put(sessions, before.session.version, None)
        elif session is not before.session:
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
            mine = (receipts.c.message == message) & (receipts.c.sealed == self._receipt)
            await self._swap(update(receipts).where(mine).values(row))
        else:
            await self._connection.execute(insert(receipts).values(message=message, owner=self._owner, **row))

    async def _set_aside(self) -> None:
        """Keep a damaged record as it was found, and make room for a new one."""
        for table, sealed in self._damaged:
            place = self._place(table)
            log.error("a record can't be opened and was set aside: %s", place)
            await self._connection.execute(
                insert(set_aside).values(place=place, touched_at=self._moment, sealed=sealed)
            )
            key = self._message if table is receipts else self._owner
            await self._connection.execute(delete(table).where(next(iter(table.primary_key)) == key))

    async def _swap(self, statement: Update | Delete) -> None:
        if (await self._connection.execute(statement)).rowcount != 1:
            raise _ConflictError

    def _place(self, table: Table) -> str:
        return placed(table, self._owner, self._message)

    def _row(self, table: Table, value: Any) -> dict[str, Any]:
        sealed = self._vault.seal(_SHAPES[table].dump_json(value), self._place(table))
        return {"touched_at": self._moment, "sealed": sealed}

    def _open(self, table: Table, sealed: bytes | None) -> Any:
        if sealed is None:
            return None
        try:
            return _SHAPES[table].validate_json(self._vault.open(sealed, self._place(table)))
        except (DamagedError, ValidationError):
            self._damaged.append((table, sealed))
            return None
