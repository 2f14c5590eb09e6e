"""What every store promises (`Store`), on every engine: all or nothing, sealed, never overwritten."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from skill.core.session import Session
from skill.errors import StorageError
from skill.settings import Settings
from skill.stores.base import Receipt, Record
from skill.stores.engines import DATABASE_FILE
from skill.stores.keys import KEY_FILE
from skill.stores.migrations import MIGRATIONS
from skill.stores.sql import SqlStore

from ..databases import Database
from .conftest import ANA, KEY_A, KEY_B, NOON, SECRETS, TABLES, WEI, OpenStore, counted, full_record, put_on

FULL_DISK = {
    "sqlite": ["CREATE TRIGGER full BEFORE INSERT ON receipts BEGIN SELECT RAISE(FAIL, 'disk'); END"],
    "postgresql": [
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''disk''; END'",
        "CREATE TRIGGER disk BEFORE INSERT ON receipts EXECUTE FUNCTION fail()",
    ],
}

# The contract.


def test_nobody_has_an_empty_record(opened: OpenStore) -> None:
    with opened() as store:
        assert store.read(ANA, "m1") == Record()


def test_what_was_written_is_read_in_the_next_process(opened: OpenStore) -> None:
    """trust.md, section 4: a restart in mid-flow goes on with the same code."""
    with opened() as store:
        store.put(ANA, full_record(), "m1")
    with opened() as store:
        found = store.read(ANA, "m1")
        assert put_on(Record(), found) == full_record()
        assert (found.session.version, found.credential and found.credential.version) == (1, 1)


def test_records_belong_to_one_owner_and_receipts_to_one_message(opened: OpenStore) -> None:
    with opened() as store:
        store.put(ANA, full_record(), "m1")
        assert store.read(WEI, "m2") == Record()
        assert store.read(ANA, "m2").receipt is None
        assert store.read(ANA).receipt is None


def test_the_result_of_a_change_is_handed_back(opened: OpenStore) -> None:
    with opened() as store:
        assert [store.transact(ANA, counted) for _ in range(3)] == [1, 2, 3]


def test_a_change_that_raises_changes_nothing(opened: OpenStore) -> None:
    """`Store.transact`: all or nothing."""

    class NoError(Exception):
        pass

    def refuse(record: Record) -> tuple[Record, None]:
        raise NoError

    with opened() as store:
        store.put(ANA, full_record(), "m1")
        before = store.read(ANA, "m1")
        with pytest.raises(NoError):
            store.transact(ANA, refuse, "m1")
        assert store.read(ANA, "m1") == before
        assert store.transact(ANA, counted) == 2  # and the store goes on


def test_a_write_that_fails_half_way_writes_nothing(opened: OpenStore, database: Database) -> None:
    with opened() as store:
        store.put(ANA, full_record())
        before = store.read(ANA)
        for statement in FULL_DISK[database.engine]:
            database.execute(statement)
        with pytest.raises(StorageError):
            store.transact(ANA, lambda record: (replace(counted(record)[0], receipt=Receipt()), None), "m1")
        assert store.read(ANA) == before


def test_a_login_can_be_taken_away_and_given_again(opened: OpenStore) -> None:
    with opened() as store:
        store.put(ANA, full_record())
        store.transact(ANA, lambda record: (replace(record, credential=None), None))
        assert store.read(ANA).credential is None
        store.put(ANA, full_record())
        assert store.read(ANA).credential is not None


def test_a_receipt_is_settled_in_place(opened: OpenStore) -> None:
    with opened() as store:
        store.transact(ANA, lambda record: (replace(record, receipt=Receipt()), None), "m1")
        assert store.read(ANA, "m1").receipt == Receipt(settled=False)
        store.transact(ANA, lambda record: (replace(record, receipt=full_record().receipt), None), "m1")
        assert store.read(ANA, "m1").receipt == full_record().receipt


def test_two_workers_on_one_database_lose_no_change(database: Database, runner: asyncio.Runner) -> None:
    """conversation.md, rule 5: one flow per user, whoever holds the store."""

    async def main() -> list[int]:
        workers = [SqlStore(Settings(**database.settings)) for _ in range(2)]
        try:
            found: list[int] = []
            for _ in range(5):  # a crowd at a time: what all of it waits for has a limit
                found += await asyncio.gather(*(workers[n % 2].transact(ANA, counted) for n in range(8)))
            return found
        finally:
            for worker in workers:
                await worker.close()

    assert sorted(runner.run(main())) == list(range(1, 41))


def test_a_busy_database_is_said_within_three_seconds(opened: OpenStore, database: Database) -> None:
    """trust.md, section 4: a plain answer within 3 s."""

    async def write_beside_another(store: SqlStore) -> None:
        async with database.connect() as blocker:
            await blocker.execute(text("UPDATE sessions SET state = 'held'"))
            with pytest.raises(StorageError, match="lock"):
                await asyncio.wait_for(store.transact(ANA, counted), 3)
            assert (await store.read(ANA)).credential  # readers go on beside a writer
            await blocker.rollback()

    with opened() as store:
        store.put(ANA, full_record())
        store.runner.run(write_beside_another(store.store))
        assert store.transact(ANA, counted) == 2  # recovery without a restart


def test_an_odd_id_reaches_no_other_record(opened: OpenStore, database: Database) -> None:
    """trust.md, section 3: `a:b` + `c`, `../x`, NUL and lone surrogates are only ids."""
    odd = ["a:b", "../x", "", "\x00", "\ud800", "'; DROP TABLE sessions; --", "x" * 10_000]
    owners = [replace(ANA, user_id=name) for name in odd]
    with opened() as store:
        for number, owner in enumerate(owners, 1):
            store.put(owner, Record(Session(starts=(NOON,) * number)))
        assert [len(store.read(owner).session.starts) for owner in owners] == list(range(1, len(odd) + 1))
    assert {path.name for path in database.home.iterdir()} <= {DATABASE_FILE, KEY_FILE}


def test_a_statement_outside_our_schema_is_still_a_storage_error(opened: OpenStore, database: Database) -> None:
    """`Store`: raises `StorageError` and nothing else when the database can't do it."""
    with opened() as store:
        store.put(ANA, full_record())
        database.execute("DROP TABLE sessions")
        with pytest.raises(StorageError):
            store.read(ANA)


# Sealed.


def test_nothing_secret_lies_in_the_tables(opened: OpenStore, database: Database) -> None:
    """Rule 6; trust.md, section 3: a stolen database."""
    with opened() as store:
        store.put(ANA, full_record(), "m1")
    content = b"".join(repr(row).encode() for table in (*TABLES, "key_check") for row in database.rows(table))
    for secret in (*SECRETS, "ana@example.test", "verification_url", "refresh_token", "slack"):
        assert secret.encode() not in content, secret


def test_nothing_secret_stands_in_a_repr() -> None:
    assert not any(secret in repr(full_record()) for secret in SECRETS)


@pytest.mark.parametrize("table", TABLES)
def test_a_record_moved_to_another_place_is_not_believed(opened: OpenStore, database: Database, table: str) -> None:
    """trust.md, section 3: owner and place are associated data, so swapping two rows fails."""
    with opened() as store:
        store.put(ANA, full_record(), "m1")
        store.put(WEI, Record(Session(starts=(NOON,)), full_record().credential, Receipt(settled=True)), "m2")
    place = "message" if table == "receipts" else "owner"
    (one, *_), (two, *_) = database.rows(table)
    sealed = {row[0]: row[-1] for row in database.rows(table)}
    for mine, others in ((one, two), (two, one)):
        database.execute(f"UPDATE {table} SET sealed = :sealed WHERE {place} = :mine", sealed=sealed[others], mine=mine)
    with opened() as store:
        for owner, message in ((ANA, "m1"), (WEI, "m2")):
            found = store.read(owner, message)
            field = {"sessions": found.session, "credentials": found.credential, "receipts": found.receipt}[table]
            assert field in (None, Session())


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("damage", [b"", b"\x00" * 40, b"\x01short", b"\x02" + b"x" * 60])
def test_a_damaged_record_is_set_aside_and_nobody_else_notices(
    opened: OpenStore, database: Database, table: str, damage: bytes
) -> None:
    """trust.md, section 4: nothing stored is lost or overwritten."""
    with opened() as store:
        store.put(WEI, full_record(), "m2")
        theirs = store.read(WEI, "m2")
        store.put(ANA, full_record(), "m1")
    place = "message" if table == "receipts" else "owner"
    name = "m1" if table == "receipts" else ANA.key
    database.execute(f"UPDATE {table} SET sealed = :damage WHERE {place} = :name", damage=damage, name=name)
    with opened() as store:
        assert store.read(ANA, "m1") != full_record()
        assert database.rows("set_aside") == []  # reading alone changes nothing
        store.put(ANA, full_record(), "m1")
        assert put_on(Record(), store.read(ANA, "m1")) == full_record()
        assert store.read(WEI, "m2") == theirs
    [(_, place_found, _, kept)] = database.rows("set_aside")
    assert (place_found.startswith(table), kept) == (True, damage)  # type: ignore[attr-defined]


def test_a_wrong_key_is_refused_and_nothing_is_changed(opened: OpenStore, database: Database) -> None:
    """trust.md, section 3: the key is outside the store."""
    with opened(key=KEY_A) as store:
        store.put(ANA, full_record(), "m1")
    before = {table: database.rows(table) for table in (*TABLES, "key_check", "set_aside")}
    with opened(key=KEY_B) as store:
        for _ in range(2):
            with pytest.raises(StorageError, match="key doesn't fit"):
                store.put(ANA, full_record(), "m1")
            with pytest.raises(StorageError, match="key doesn't fit"):
                store.read(ANA)
    assert {table: database.rows(table) for table in before} == before
    with opened(key=KEY_A) as store:
        assert store.read(ANA).credential


# The schema.


def test_each_migration_is_applied_once(opened: OpenStore, database: Database) -> None:
    for _ in range(2):
        with opened() as store:
            store.read(ANA)
    assert database.rows("migrations") == [(number, name) for number, (name, _) in enumerate(MIGRATIONS, 1)]


def test_a_newer_schema_is_refused_and_left_alone(opened: OpenStore, database: Database) -> None:
    with opened() as store:
        store.put(ANA, full_record())
    database.execute("INSERT INTO migrations VALUES (:number, 'from the future')", number=len(MIGRATIONS) + 1)
    before = database.rows("credentials")
    with opened() as store, pytest.raises(StorageError, match="Update"):
        store.put(ANA, full_record())
    assert database.rows("credentials") == before
