"""What a shared server adds to the contract: it can be gone, frozen or busy, and many workers open it at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from skill.errors import StorageError
from skill.message import Owner
from skill.settings import Settings
from skill.stores.base import Receipt, Record
from skill.stores.engines import IDLE
from skill.stores.migrations import ADVISORY_LOCK, MIGRATIONS
from skill.stores.rotation import rotate
from skill.stores.sql import SqlStore

from ..databases import Database
from ..postgres import a_database, a_server
from ..proxy import Proxy
from .conftest import ANA, KEY_A, OpenStore, counted

ENGINES = ("postgresql",)
ANSWER_WITHIN = 3.0  # seconds (trust.md, section 4)
PEOPLE = [Owner("", "", f"user {number}") for number in range(30)]


@asynccontextmanager
async def behind(proxy: Proxy, database: Database) -> AsyncIterator[SqlStore]:
    """A store that reaches the database through the proxy."""
    async with proxy.listen():
        store = SqlStore(Settings(home=database.home, database_url=proxy.address))
        try:
            yield store
        finally:
            await store.close()


async def timed(work: Any) -> tuple[float, Any]:
    """Seconds, and the result or the error."""
    begun = time.monotonic()
    try:
        return time.monotonic() - begun, await work
    except StorageError as fault:
        return time.monotonic() - begun, fault


OUTAGES: dict[str, tuple[Callable[[Proxy], None], Callable[[Proxy], None]]] = {
    "frozen": (Proxy.freeze, Proxy.thaw),
    "cut": (Proxy.cut, Proxy.mend),
}


@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_is_said_within_three_seconds_to_everybody_and_heals_without_a_restart(
    database: Database, runner: asyncio.Runner, outage: str
) -> None:
    """More people than there are connections, one after the other and at once."""
    begin, end = OUTAGES[outage]
    proxy = Proxy(database.address or "")

    async def main() -> list[int]:
        async with behind(proxy, database) as store:
            await asyncio.gather(*(store.transact(person, counted) for person in PEOPLE))
            begin(proxy)
            alone = [await timed(store.transact(ANA, counted))]
            crowd = await asyncio.gather(*(timed(store.transact(person, counted)) for person in PEOPLE))
            for took, fault in [*alone, *crowd]:
                assert took < ANSWER_WITHIN
                assert isinstance(fault, StorageError)
            end(proxy)
            return await asyncio.gather(*(store.transact(person, counted) for person in PEOPLE))

    assert set(runner.run(main())) == {2}  # and nothing that was refused has happened


def test_a_server_that_cannot_be_reached_at_first_is_found_later(database: Database, runner: asyncio.Runner) -> None:
    proxy = Proxy(database.address or "")

    async def main() -> int:
        async with behind(proxy, database) as store:
            proxy.freeze()
            took, fault = await timed(store.read(ANA))
            assert took < ANSWER_WITHIN
            assert "CODEX_ONBOARDING_DATABASE_URL" in str(fault)
            proxy.thaw()
            return await store.transact(ANA, counted)

    assert runner.run(main()) == 1


def test_closing_does_not_wait_for_a_frozen_server(database: Database, runner: asyncio.Runner) -> None:
    proxy = Proxy(database.address or "")

    async def main() -> float:
        async with proxy.listen():
            store = SqlStore(Settings(home=database.home, database_url=proxy.address))
            await store.transact(ANA, counted)
            proxy.freeze()
            begun = time.monotonic()
            await store.close()
            return time.monotonic() - begun

    assert runner.run(main()) < 5


def test_a_server_that_is_stopped_and_started_again_is_found_without_a_restart(
    database: Database, runner: asyncio.Runner
) -> None:
    with a_server() as server, a_database(server.address) as address:
        store = SqlStore(Settings(home=database.home, database_url=address))
        assert runner.run(store.transact(ANA, counted)) == 1
        server.stop()
        took, fault = runner.run(timed(store.transact(ANA, counted)))
        assert took < ANSWER_WITHIN
        assert isinstance(fault, StorageError)
        server.start()
        assert runner.run(store.transact(ANA, counted)) == 2
        runner.run(store.close())


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ana:pw-canary@127.0.0.1:1/x",
        "postgresql://ana:pw-canary@127.0.0.1:1/x?no_such_option=1",
        "postgres://ana:pw-canary@127.0.0.1:1/x?sslmode=disable",
        "pw-canary",
    ],
)
def test_an_address_that_leads_nowhere_is_said_without_the_password(opened: OpenStore, address: str) -> None:
    with opened(database_url=address) as store:
        with pytest.raises(StorageError) as told:
            store.read(ANA)
        assert "pw-canary" not in f"{told.value}{store.store!r}{Settings(database_url=address)!r}"


def test_the_address_may_say_sslmode_as_everybody_elses(opened: OpenStore, database: Database) -> None:
    with opened(database_url=f"{database.address}&sslmode=disable") as store:
        assert store.read(ANA) == Record()


def test_a_worker_frozen_within_a_transaction_is_thrown_out_by_the_server(opened: OpenStore) -> None:
    """Else it would hold its person's row, and any migration, for good."""

    def limits(connection: Any, _: object) -> list[str]:
        names = ("idle_in_transaction_session_timeout", "lock_timeout")
        return [connection.execute(text(f"SHOW {name}")).scalar() for name in names]

    with opened() as store:
        assert store.runner.run(store.store.maintain(limits)) == [f"{IDLE:.0f}s", "1500ms"]


def test_two_writers_of_one_new_person_make_one_row(database: Database, runner: asyncio.Runner) -> None:
    """Nothing is there yet that could be locked: the primary key decides, and the loser looks again."""

    async def main() -> list[int]:
        workers = [SqlStore(Settings(key=KEY_A, **database.settings)) for _ in range(4)]
        await asyncio.gather(*(worker.read(ANA) for worker in workers))
        found = await asyncio.gather(*(worker.transact(ANA, counted) for worker in workers for _ in range(3)))
        for worker in workers:
            await worker.close()
        return sorted(found)

    assert runner.run(main()) == list(range(1, 13))
    assert len(database.rows("sessions")) == 1


def test_a_receipt_that_changed_since_it_was_read_is_not_overwritten(
    database: Database, runner: asyncio.Runner
) -> None:
    """A receipt has no version: what was read of it must still stand there, else all is looked at again."""
    seen: list[Receipt | None] = []

    def settle(record: Record) -> tuple[Record, None]:
        seen.append(record.receipt)
        return replace(record, receipt=Receipt(settled=True)), None

    async def main() -> None:
        store = SqlStore(Settings(**database.settings))
        await store.transact(ANA, lambda record: (replace(record, receipt=Receipt()), None), "m1")
        async with database.connect() as other:
            await other.execute(text("DELETE FROM receipts"))
            settling = asyncio.create_task(store.transact(ANA, settle, "m1"))
            await until_somebody_waits(database)
            await other.commit()
            await settling
        await store.close()

    runner.run(main())
    assert seen == [Receipt(), None]


async def until_somebody_waits(database: Database) -> None:
    """For a lock of this database."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.timeout(ANSWER_WITHIN), database.connect() as connection:
        watcher = await connection.execution_options(isolation_level="AUTOCOMMIT")
        found = 0
        while not found:
            found = await watcher.scalar(text(waiting))


# Opening it: the schema.


def test_workers_that_start_at_once_migrate_once(database: Database, runner: asyncio.Runner) -> None:
    async def main() -> None:
        workers = [SqlStore(Settings(**database.settings)) for _ in range(8)]
        await asyncio.gather(
            *(worker.transact(person, counted) for worker, person in zip(workers, PEOPLE, strict=False))
        )
        for worker in workers:
            await worker.close()

    runner.run(main())
    assert database.rows("migrations") == [(number, name) for number, (name, _) in enumerate(MIGRATIONS, 1)]
    assert len(database.rows("key_check")) == 1
    assert len(database.rows("sessions")) == 8


def test_a_migration_that_takes_long_is_not_waited_for_and_then_found_done(
    database: Database, runner: asyncio.Runner
) -> None:
    async def main() -> None:
        store = SqlStore(Settings(**database.settings))
        async with database.connect() as other:
            await other.execute(text(f"SELECT pg_advisory_lock({ADVISORY_LOCK})"))
            took, fault = await timed(store.read(ANA))
            assert took < ANSWER_WITHIN
            assert isinstance(fault, StorageError)
        assert await store.read(ANA) == Record()
        await store.close()

    runner.run(main())


# The key.


def test_the_key_is_exchanged_while_other_workers_write_and_nothing_is_lost(
    database: Database, runner: asyncio.Runner
) -> None:
    """Five rotations below two workers' writes: each write is sealed with the key that the database has by then."""
    writes = 30

    async def write(worker: SqlStore, person: Owner) -> None:
        for _ in range(writes):
            await worker.transact(person, counted)

    async def main() -> None:
        workers = [SqlStore(Settings(**database.settings)) for _ in range(2)]
        await workers[0].read(ANA)
        writing = [asyncio.create_task(write(workers[n % 2], person)) for n, person in enumerate(PEOPLE[:10])]
        for _ in range(5):
            store, settings = SqlStore(Settings(**database.settings)), Settings(**database.settings)
            assert (await rotate(store, settings)).damaged == 0
            await store.close()
        await asyncio.gather(*writing)
        for worker in workers:
            await worker.close()
        store = SqlStore(Settings(**database.settings))
        assert {len((await store.read(person)).session.starts) for person in PEOPLE[:10]} == {writes}
        await store.close()

    runner.run(main())
    assert database.rows("set_aside") == []


def test_an_exchange_waits_for_a_write_that_has_begun(database: Database, runner: asyncio.Runner) -> None:
    """And a write that begins later waits for the exchange, and then uses the new key."""

    async def main() -> None:
        worker, other = (SqlStore(Settings(**database.settings)) for _ in range(2))
        await worker.transact(ANA, counted)
        await other.transact(ANA, counted)
        async with database.connect() as held:
            await held.execute(text("LOCK TABLE sessions IN EXCLUSIVE MODE"))
            write = asyncio.create_task(worker.transact(ANA, counted))
            await until_somebody_waits(database)
            exchange = asyncio.create_task(rotate(other, Settings(**database.settings)))
            await held.rollback()
            assert await write == 3
            assert (await exchange).damaged == 0
        assert await worker.transact(ANA, counted) == 4
        await worker.close()
        await other.close()

    runner.run(main())
    assert database.rows("set_aside") == []
