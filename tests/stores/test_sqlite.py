"""What the embedded SQLite file adds to the contract: private files, and what may be in their way."""

import asyncio
import base64
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from skill.errors import StorageError
from skill.message import Owner
from skill.settings import Settings
from skill.stores.base import Record
from skill.stores.engines import DATABASE_FILE
from skill.stores.keys import KEY_FILE
from skill.stores.sql import SqlStore

from ..databases import Database
from .conftest import ANA, SECRETS, OpenStore, full_record

ENGINES = ("sqlite",)


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


@pytest.mark.parametrize("content", [b"", b"too short", b"\xff\xfe", base64.b64encode(b"x" * 31)])
def test_a_broken_key_file_is_named_and_kept(opened: OpenStore, home: Path, content: bytes) -> None:
    """trust.md, section 1: 0-byte credential files."""
    with opened() as store:
        store.put(ANA, full_record())
    (home / KEY_FILE).write_bytes(content)
    with opened() as store, pytest.raises(StorageError, match=r"key.*Restore"):
        store.read(ANA)
    assert (home / KEY_FILE).read_bytes() == content


def test_a_lost_key_file_is_not_replaced_over_the_data(opened: OpenStore, home: Path, database: Database) -> None:
    with opened() as store:
        store.put(ANA, full_record())
    before = database.rows("credentials")
    (home / KEY_FILE).unlink()
    with opened() as store, pytest.raises(StorageError, match="key"):
        store.read(ANA)
    assert database.rows("credentials") == before


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
from dataclasses import replace
from pathlib import Path
from skill.core.session import Session
from skill.errors import StorageError
from skill.message import Owner
from skill.message import Owner
from skill.settings import Settings
from skill.stores.base import Record
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


def test_connection_errors_name_no_password(opened: OpenStore) -> None:
    address = "sqlite+aiosqlite://ana:pw-canary@nowhere/x"
    with opened(database_url=address) as store:
        with pytest.raises(StorageError) as told:
            store.read(ANA)
        assert "pw-canary" not in f"{told.value}{store.store!r}{Settings(database_url=address)!r}"


def test_a_crowd_of_writers_is_served_in_the_order_of_arrival(opened: OpenStore) -> None:
    """SQLite's own waiting is no queue: under load it starves some until they are told that the database is locked."""
    served = list[int]()

    async def person(store: SqlStore, number: int) -> None:
        def change(record: Record) -> tuple[Record, None]:
            served.append(number)
            return replace(record, session=replace(record.session, login_died=True)), None

        await store.transact(Owner("", "", f"user-{number}"), change)

    async def crowd(store: SqlStore) -> None:
        await person(store, 0)
        await asyncio.gather(*(person(store, number) for number in range(1, 60)))

    with opened() as store:
        store.runner.run(crowd(store.store))
    assert served == list(range(60))
