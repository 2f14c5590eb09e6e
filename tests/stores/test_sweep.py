"""Nothing grows without bound: receipts, dead codes and long silent people go, a batch at a time, on every engine."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from skill.core.session import IDLE_REMEMBERED, Code, Flow, Session, Talk
from skill.core.states import State
from skill.message import Owner
from skill.settings import Settings
from skill.stores.base import Receipt, Record
from skill.stores.sql import SWEPT_AT_ONCE, SqlStore
from skill.testing import NOON, Stage

from ..databases import Database
from .conftest import full_record, put_on

MANY = 2 * SWEPT_AT_ONCE + 50
SILENT = Session(talks={"c": Talk(since=NOON, spoke_at=NOON, language="zh")})
LATER = IDLE_REMEMBERED + timedelta(seconds=1)


@pytest.fixture
def stage(tmp_path: Path, database: Database) -> Iterator[Stage]:
    with Stage(tmp_path / "home") as stage:
        stage.settings["database_url"] = database.address
        yield stage


def owner(number: int) -> Owner:
    return Owner("", "", f"user{number}")


def put(stage: Stage, records: list[Record], messages: bool = False, first: int = 0) -> None:
    """Store a record for each of so many people, from that number on."""

    async def all_of_them() -> None:
        store = stage.skill.store
        for number, record in enumerate(records, first):
            await store.transact(
                owner(number),
                lambda before, record=record: (put_on(before, record), None),  # type: ignore[misc]
                f"m{number}" if messages else None,
            )

    stage.run(all_of_them())


def tidy(stage: Stage, after: timedelta) -> None:
    stage.clock.advance(after)
    stage.run(stage.skill.tidy())


def test_receipts_past_their_day_are_deleted_however_many_and_younger_ones_stay(
    stage: Stage, database: Database
) -> None:
    put(stage, [Record(receipt=Receipt(settled=True))] * MANY, messages=True)
    stage.clock.advance(timedelta(hours=23))
    put(stage, [Record(receipt=Receipt(settled=True))], messages=True, first=MANY)
    tidy(stage, timedelta(hours=1, minutes=1))
    assert [row[0] for row in database.rows("receipts")] == [f"m{MANY}"]


def test_codes_long_dead_are_forgotten_however_many_people_had_one(stage: Stage) -> None:
    code = Code("WXYZ-98765", "https://x.test/codex/device", "p1", NOON, 5, SecretStr("da"))
    put(stage, [Record(Session(flow=Flow("c1", State.AWAITING_CONFIRM, code)))] * MANY)
    tidy(stage, timedelta(hours=1, seconds=1))
    flows = [stage.run(stage.skill.store.read(owner(number))).session.flow for number in range(MANY)]
    assert flows == [None] * MANY


def test_a_call_that_died_with_its_worker_is_forgotten_without_a_message(stage: Stage) -> None:
    stage.line.next("start", "crash")
    stage.say("Ana", "Sign in with my ChatGPT account")
    assert stage.record("Ana").session.flow
    tidy(stage, timedelta(hours=2))
    assert stage.record("Ana").session.flow is None
    assert stage.asked("start") == 1


def test_a_person_who_is_silent_for_long_leaves_no_row(stage: Stage, database: Database) -> None:
    put(stage, [Record(SILENT)])
    tidy(stage, LATER - timedelta(seconds=2))
    assert len(database.rows("sessions")) == 1
    tidy(stage, timedelta(seconds=2))
    assert database.rows("sessions") == []


def test_who_signed_in_and_out_leaves_nothing_after_a_while(stage: Stage, database: Database) -> None:
    stage.say("Ana", "Sign in with my ChatGPT account")
    stage.provider.approve(stage.code)
    stage.say("Ana", "done")
    stage.say("Ana", "Log me out of ChatGPT")
    tidy(stage, LATER)
    assert [database.rows(table) for table in ("sessions", "credentials", "receipts")] == [[], [], []]


def test_a_login_stays_however_long_its_owner_is_silent(stage: Stage, database: Database) -> None:
    put(stage, [Record(SILENT, full_record().credential)])
    tidy(stage, LATER)
    assert (len(database.rows("sessions")), len(database.rows("credentials"))) == (0, 1)
    assert stage.run(stage.skill.store.read(owner(0))).credential
    tidy(stage, timedelta(days=1))  # and nobody has to look at it ever again


@pytest.mark.parametrize("told", [{"handed_to": "codex"}, {"login_died": True}, {"offer_due": True}])
def test_what_a_person_has_yet_to_learn_stays(stage: Stage, database: Database, told: dict[str, object]) -> None:
    put(stage, [Record(Session(talks=SILENT.talks, **told))])  # type: ignore[arg-type]
    tidy(stage, LATER)
    assert len(database.rows("sessions")) == 1


def test_a_revocation_is_tried_for_a_day_and_then_the_row_can_go(stage: Stage, database: Database) -> None:
    stage.provider.fault("revoke", "503", times=None)
    put(stage, [Record(SILENT.revoking(SecretStr("rt"), NOON))])
    for _ in range(11):
        tidy(stage, timedelta(days=2))
    assert stage.asked("revoke") == 11
    tidy(stage, LATER)
    assert database.rows("sessions") == []


def test_two_workers_sweep_different_people(stage: Stage, database: Database, runner: asyncio.Runner) -> None:
    put(stage, [Record(SILENT)] * MANY)
    at = NOON + LATER

    async def main() -> list[str]:
        stores = [SqlStore(Settings(**database.settings)) for _ in range(2)]
        swept = await asyncio.gather(*(stores[n % 2].sweep(at) for n in range(4)))
        for store in stores:
            await store.close()
        return [due.key for batch in swept for due in batch.due]

    found = runner.run(main())
    assert len(found) == len(set(found)) >= SWEPT_AT_ONCE


def test_a_row_that_another_worker_is_writing_is_passed_over(stage: Stage, database: Database) -> None:
    """PostgreSQL: neither waited for nor touched. SQLite has one writer at a time."""
    if database.engine == "sqlite":
        return
    put(stage, [Record(SILENT, receipt=Receipt())] * 2, messages=True)

    async def main() -> list[str]:
        async with database.connect() as other:
            await other.execute(
                text("UPDATE sessions SET state = 'held' WHERE owner = :owner"), {"owner": owner(0).key}
            )
            await other.execute(text("UPDATE receipts SET touched_at = 0 WHERE message = 'm0'"))
            swept = await stage.skill.store.sweep(NOON + LATER)
            await other.commit()
            return [due.key for due in swept.due]

    assert stage.run(main()) == [owner(1).key]
    assert [row[0] for row in database.rows("receipts")] == ["m0"]
