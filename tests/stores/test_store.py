"""What every store promises (`Store`), and what the one in SQL adds: sealed, private, never overwritten."""

import asyncio
import base64
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from skill.core.session import Session
from skill.errors import StorageError
from skill.settings import Settings
from skill.stores.base import Receipt, Record
from skill.stores.keys import KEY_FILE
from skill.stores.migrations import MIGRATIONS
from skill.stores.sql import DATABASE_FILE, SqlStore

from .conftest import ANA, NOON, SECRETS, WEI, OpenStore, full_record, put_on

KEY_A, KEY_B = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
TABLES = ("sessions", "credentials", "receipts")


def counted(record: Record) -> tuple[Record, int]:
    """A change whose effect can be counted: one more start."""
    session = replace(record.session, starts=(*record.session.starts, NOON))
    return replace(record, session=session), len(session.starts)


def rows(home: Path, table: str) -> list[tuple[object, ...]]:
    """A table as it lies in the file."""
    with sqlite3.connect(home / DATABASE_FILE) as connection:
        found = connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
    connection.close()
    return found


def execute(home: Path, statement: str, *values: object) -> None:
    """Tamper with the file."""
    with sqlite3.connect(home / DATABASE_FILE) as connection:
        connection.execute(statement, values)
    connection.close()


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


def test_a_write_that_fails_half_way_writes_nothing(opened: OpenStore, home: Path) -> None:
    with opened() as store:
        store.put(ANA, full_record())
        before = store.read(ANA)
        execute(home, "CREATE TRIGGER full BEFORE INSERT ON receipts BEGIN SELECT RAISE(FAIL, 'disk'); END")
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


def test_two_workers_on_one_file_lose_no_change(home: Path, runner: asyncio.Runner) -> None:
    """conversation.md, rule 5: one flow per user, whoever holds the store."""

    async def main() -> list[int]:
        workers = [SqlStore(Settings(home=home)) for _ in range(2)]
        try:
            many = (workers[n % 2].transact(ANA, counted) for n in range(40))
            return list(await asyncio.gather(*many))
        finally:
            for worker in workers:
                await worker.close()

    assert sorted(runner.run(main())) == list(range(1, 41))


def test_a_busy_database_is_said_within_three_seconds(opened: OpenStore, home: Path) -> None:
    """trust.md, section 4: a plain answer within 3 s."""
    with opened() as store:
        store.put(ANA, full_record())
        blocker = sqlite3.connect(home / DATABASE_FILE, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        try:
            with pytest.raises(StorageError, match="locked"):
                store.runner.run(asyncio.wait_for(store.store.transact(ANA, counted), 3))
            assert store.read(ANA).credential  # readers go on beside a writer
        finally:
            blocker.rollback()
            blocker.close()
        assert store.transact(ANA, counted) == 2  # recovery without a restart


# Sealed.


def test_nothing_secret_lies_in_the_files(opened: OpenStore, home: Path) -> None:
    """Rule 6; the write-ahead log is there only while the store is open."""
    with opened() as store:
        store.put(ANA, full_record(), "m1")
        files = [path for path in home.iterdir() if path.name != KEY_FILE]
        assert {path.name for path in files} >= {DATABASE_FILE, f"{DATABASE_FILE}-wal"}
        for path in files:
            content = path.read_bytes()
            for secret in (*SECRETS, "ana@example.test"):
                assert secret.encode() not in content, path.name
                assert base64.b64encode(secret.encode()).rstrip(b"=")[:-1] not in content, path.name


def test_nothing_secret_stands_in_a_repr() -> None:
    assert not any(secret in repr(full_record()) for secret in SECRETS)


@pytest.mark.parametrize("table", TABLES)
def test_a_record_moved_to_another_place_is_not_believed(opened: OpenStore, home: Path, table: str) -> None:
    """trust.md, section 3: owner and place are associated data, so swapping two rows fails."""
    with opened() as store:
        store.put(ANA, full_record(), "m1")
        store.put(WEI, Record(Session(), full_record().credential, Receipt(settled=True)), "m2")
    place = "message" if table == "receipts" else "owner"
    (one, *_), (two, *_) = rows(home, table)
    sealed = {row[0]: row[-1] for row in rows(home, table)}
    for mine, others in ((one, two), (two, one)):
        execute(home, f"UPDATE {table} SET sealed = ? WHERE {place} = ?", sealed[others], mine)
    with opened() as store:
        for owner, message in ((ANA, "m1"), (WEI, "m2")):
            found = store.read(owner, message)
            field = {"sessions": found.session, "credentials": found.credential, "receipts": found.receipt}[table]
            assert field in (None, Session())


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("damage", [b"", b"\x00" * 40, b"\x01short", b"\x02" + b"x" * 60])
def test_a_damaged_record_is_set_aside_and_nobody_else_notices(
    opened: OpenStore, home: Path, table: str, damage: bytes
) -> None:
    """trust.md, section 4: nothing stored is lost or overwritten."""
    with opened() as store:
        store.put(WEI, full_record(), "m2")
        theirs = store.read(WEI, "m2")
        store.put(ANA, full_record(), "m1")
    place = "message" if table == "receipts" else "owner"
    name = "m1" if table == "receipts" else ANA.key
    execute(home, f"UPDATE {table} SET sealed = ? WHERE {place} = ?", damage, name)
    with opened() as store:
        assert store.read(ANA, "m1") != full_record()
        assert rows(home, "set_aside") == []  # reading alone changes nothing
        store.put(ANA, full_record(), "m1")
        assert put_on(Record(), store.read(ANA, "m1")) == full_record()
        assert store.read(WEI, "m2") == theirs
    [(_, place_found, _, kept)] = rows(home, "set_aside")
    assert (place_found.startswith(table), kept) == (True, damage)  # type: ignore[attr-defined]


def test_a_wrong_key_is_refused_and_nothing_is_changed(opened: OpenStore, home: Path) -> None:
    """trust.md, section 3: the key is outside the store."""
    with opened(key=KEY_A) as store:
        store.put(ANA, full_record(), "m1")
    before = {table: rows(home, table) for table in (*TABLES, "key_check", "set_aside")}
    with opened(key=KEY_B) as store:
        for _ in range(2):
            with pytest.raises(StorageError, match="key doesn't fit"):
                store.put(ANA, full_record(), "m1")
            with pytest.raises(StorageError, match="key doesn't fit"):
                store.read(ANA)
    assert {table: rows(home, table) for table in before} == before
    with opened(key=KEY_A) as store:
        assert store.read(ANA).credential


@pytest.mark.parametrize("content", [b"", b"too short", b"\xff\xfe", base64.b64encode(b"x" * 31)])
def test_a_broken_key_file_is_named_and_kept(opened: OpenStore, home: Path, content: bytes) -> None:
    """trust.md, section 1: 0-byte credential files."""
    with opened() as store:
        store.put(ANA, full_record())
    (home / KEY_FILE).write_bytes(content)
    with opened() as store, pytest.raises(StorageError, match=r"key.*Restore"):
        store.read(ANA)
    assert (home / KEY_FILE).read_bytes() == content


def test_a_lost_key_file_is_not_replaced_over_the_data(opened: OpenStore, home: Path) -> None:
    with opened() as store:
        store.put(ANA, full_record())
    before = rows(home, "credentials")
    (home / KEY_FILE).unlink()
    with opened() as store, pytest.raises(StorageError, match="key"):
        store.read(ANA)
    assert rows(home, "credentials") == before


# The schema.


def test_each_migration_is_applied_once(opened: OpenStore, home: Path) -> None:
    for _ in range(2):
        with opened() as store:
            store.read(ANA)
    assert rows(home, "migrations") == [(number, name) for number, (name, _) in enumerate(MIGRATIONS, 1)]


def test_a_newer_schema_is_refused_and_left_alone(opened: OpenStore, home: Path) -> None:
    with opened() as store:
        store.put(ANA, full_record())
    execute(home, "INSERT INTO migrations VALUES (?, ?)", len(MIGRATIONS) + 1, "from the future")
    before = rows(home, "credentials")
    with opened() as store, pytest.raises(StorageError, match="Update"):
        store.put(ANA, full_record())
    assert rows(home, "credentials") == before


# What is in the way.


def test_a_file_that_is_no_database_is_named_and_left_alone(opened: OpenStore, home: Path) -> None:
    home.mkdir(mode=0o700)
    (home / DATABASE_FILE).write_bytes(b"a letter to my grandmother\n" * 200)
    before = (home / DATABASE_FILE).read_bytes()
    with opened() as store, pytest.raises(StorageError, match="not a database"):
        store.read(ANA)
    assert (home / DATABASE_FILE).read_bytes() == before


def test_a_folder_that_cannot_be_made_is_named_with_the_next_step(opened: OpenStore, tmp_path: Path) -> None:
    """trust.md, section 4: the cause and the next step."""
    (tmp_path / "file").write_text("no folder")
    for home in (tmp_path / "file", tmp_path / "file" / "home"):
        with opened(home=home) as store, pytest.raises(StorageError, match="CODEX_ONBOARDING_HOME") as told:
            store.read(ANA)
        assert str(home) in str(told.value)


def test_a_database_that_cannot_be_reached_is_named_with_the_next_step(opened: OpenStore, tmp_path: Path) -> None:
    address = f"sqlite+aiosqlite:///{tmp_path}/missing/folder/x.db"
    with opened(database_url=address) as store, pytest.raises(StorageError, match="CODEX_ONBOARDING_DATABASE_URL"):
        store.read(ANA)


# In a process of its own: the limit would hit whatever else the test runner writes meanwhile.
ON_A_FULL_DISK = """
import asyncio, resource, signal, sys
from dataclasses import replace
from pathlib import Path
from skill.core.session import Session
from skill.errors import StorageError
from skill.message import Owner
from skill.settings import Settings
from skill.stores.sql import SqlStore
from datetime import UTC, datetime

home, size = Path(sys.argv[1]), int(sys.argv[2])
huge = Session(starts=(datetime.now(UTC),) * 5000)

async def write() -> None:
    store = SqlStore(Settings(home=home))
    try:
        def grow(record):
            return replace(record, session=replace(huge, version=record.session.version)), None

        await store.transact(Owner("slack", "T1", "ana"), grow)
    finally:
        await store.close()

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
try:
    asyncio.run(write())
except StorageError:
    sys.exit(7)
"""


@pytest.mark.parametrize("size", [0, 4096, 65536])
def test_a_full_disk_is_said_and_the_old_record_stays(opened: OpenStore, home: Path, size: int) -> None:
    """trust.md, section 4. The limit on a file's size stands in for the disk's."""
    with opened() as store:
        store.put(ANA, full_record())
        before = store.read(ANA)
    child = subprocess.run([sys.executable, "-c", ON_A_FULL_DISK, str(home), str(size)], capture_output=True, text=True)
    assert child.returncode == 7, child.stderr
    with opened() as store:
        assert store.read(ANA) == before
        store.put(ANA, full_record())  # recovery


def test_an_odd_id_reaches_no_other_record(opened: OpenStore, home: Path) -> None:
    """trust.md, section 3: `a:b` + `c`, `../x`, NUL and lone surrogates are only ids."""
    odd = ["a:b", "../x", "", "\x00", "\ud800", "'; DROP TABLE sessions; --", "x" * 10_000]
    owners = [replace(ANA, user_id=name) for name in odd]
    with opened() as store:
        for number, owner in enumerate(owners, 1):
            store.put(owner, Record(Session(starts=(NOON,) * number)))
        assert [len(store.read(owner).session.starts) for owner in owners] == list(range(1, len(odd) + 1))
    assert {path.name for path in home.iterdir()} <= {DATABASE_FILE, KEY_FILE}


def test_connection_errors_name_no_password(opened: OpenStore) -> None:
    address = "sqlite+aiosqlite://ana:pw-canary@nowhere/x"
    with opened(database_url=address) as store:
        with pytest.raises(StorageError) as told:
            store.read(ANA)
        assert "pw-canary" not in f"{told.value}{store.store!r}{Settings(database_url=address)!r}"


def test_a_statement_outside_our_schema_is_still_a_storage_error(opened: OpenStore, home: Path) -> None:
    """`Store`: raises `StorageError` and nothing else when the database can't do it."""
    with opened() as store:
        store.put(ANA, full_record())
        execute(home, "DROP TABLE sessions")
        with pytest.raises(StorageError):
            store.read(ANA)
