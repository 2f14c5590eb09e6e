"""The schema as an ordered list of named steps, each applied once, in one transaction with its record."""

from collections.abc import Callable

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text, func, insert, select
from sqlalchemy.engine import Connection

from skill.errors import StorageError

ADVISORY_LOCK = 0x0C0DE5  # any number of our own

metadata = MetaData()

applied = Table(
    "migrations", metadata, Column("number", Integer, primary_key=True), Column("name", Text, nullable=False)
)

# `sealed` columns hold JSON under AEAD; `state` is there for the operator's eyes, the code never reads it.
sessions = Table(
    "sessions",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", Integer, index=True),  # unix seconds, as all times here; see `Session.due_at`
    Column("touched_at", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
credentials = Table(
    "credentials",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("touched_at", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
receipts = Table(
    "receipts",
    metadata,
    Column("message", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("touched_at", Integer, nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
)
# A record that its key could not open, as it was found. Nothing in it is ever overwritten.
set_aside = Table(
    "set_aside",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("place", Text, nullable=False),
    Column("touched_at", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
# The audit trail (`skill.core.trail`): who did what and when, in clear, for it holds nothing that is secret.
trail = Table(
    "trail",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("owner", Text, nullable=False, index=True),
    Column("at", Integer, nullable=False, index=True),
    Column("event", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("reason", Text),
    Column("seconds", Integer),
)
# One sealed word that tells at start-up whether the key fits the database.
key_check = Table("key_check", metadata, Column("number", Integer, primary_key=True), Column("sealed", LargeBinary))


def _first_schema(connection: Connection) -> None:
    metadata.create_all(connection, tables=[sessions, credentials, receipts, set_aside, key_check])


def _audit_trail(connection: Connection) -> None:
    metadata.create_all(connection, tables=[trail])


MIGRATIONS: tuple[tuple[str, Callable[[Connection], None]], ...] = (
    ("first schema", _first_schema),
    ("audit trail", _audit_trail),
)


def migrate(connection: Connection) -> None:
    """Bring the schema up to date. Raises `StorageError` for one that a newer version has written.

    Workers that start at once take turns: SQLite by its write lock, PostgreSQL by an advisory one until the commit.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
    metadata.create_all(connection, tables=[applied])
    done = connection.scalar(select(func.max(applied.c.number))) or 0
    if done > len(MIGRATIONS):
        raise StorageError(
            f"The database has schema {done}, this version knows {len(MIGRATIONS)}. Update chatgpt-codex-onboarding."
        )
    if done < len(MIGRATIONS):
        _take_time(connection)
    for number, (name, step) in enumerate(MIGRATIONS[done:], done + 1):
        step(connection)
        connection.execute(insert(applied).values(number=number, name=name))


def reserve(connection: Connection, alone: bool) -> None:
    """Let this transaction take its time; `alone`, with no other of ours beside it.

    Each of ours reads `key_check` before it locks anything, so that on PostgreSQL a lock on that one small table keeps
    all of them waiting, and none of them waiting for another. SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        _take_time(connection)
        if alone:
            connection.exec_driver_sql(f"LOCK TABLE {key_check.name} IN ACCESS EXCLUSIVE MODE")


def _take_time(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
