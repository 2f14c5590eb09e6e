"""The audit trail: what happened to whom and when, how far people came, and forgetting them."""

import sqlite3
from datetime import timedelta

import pytest

from skill.message import Owner
from skill.report import Funnel, funnel, history
from skill.testing import NOON, Stage


def trail(stage: Stage, who: str = "Ana") -> list[tuple[str, str, str, str | None]]:
    entries = stage.run(history(stage.skill.store, Owner("", "", who.lower())))
    return [(entry.event, entry.before, entry.after, entry.reason) for entry in entries]


def counted(stage: Stage) -> Funnel:
    return stage.run(funnel(stage.skill.store, NOON - timedelta(days=1)))


def connect(stage: Stage, who: str = "Ana") -> None:
    stage.say(who, "Sign in with my ChatGPT account")
    stage.provider.approve(stage.code)
    stage.clock.advance(timedelta(seconds=40))
    stage.say(who, "done")


CONNECTED = [
    ("oauth", "idle", "started", None),
    ("code_issued", "started", "awaiting_confirm", None),
    ("confirm", "awaiting_confirm", "polling", None),
    ("authorized", "polling", "connected", None),
]


def test_a_sign_in_leaves_who_started_confirmed_and_connected(stage: Stage) -> None:
    connect(stage)
    assert trail(stage) == CONNECTED
    assert trail(stage, "Wei") == []


def test_every_entry_tells_when_and_how_long_the_state_before_it_lasted(stage: Stage) -> None:
    connect(stage)
    entries = stage.run(history(stage.skill.store, Owner("", "", "ana")))
    assert [entry.at for entry in entries] == [NOON, NOON, *[NOON + timedelta(seconds=40)] * 2]
    assert [entry.seconds for entry in entries] == [None, 0, 40, 0]


def test_a_logout_a_refresh_and_a_login_that_died_are_told(stage: Stage) -> None:
    connect(stage)
    assert stage.call_tool("Ana", "refresh")["ok"]
    stage.provider.kill_session("ana@example.test")
    stage.call_model("Ana")
    connect(stage)
    stage.say("Ana", "Log out of ChatGPT")
    assert trail(stage)[4:] == [
        ("refreshed", "connected", "connected", None),
        ("refresh_refused", "connected", "idle", "refused"),
        *CONNECTED,
        ("logout", "connected", "idle", None),
    ]


def test_why_somebody_was_not_connected_is_told(stage: Stage) -> None:
    stage.say("Ana", "Sign in with my ChatGPT account")
    stage.provider.decline(stage.code)
    stage.clock.advance(timedelta(seconds=40))
    stage.say("Ana", "done")
    stage.say("Ana", "cancel")
    assert trail(stage)[3:] == [
        ("refused", "polling", "started", "declined"),
        ("code_issued", "started", "awaiting_confirm", None),
        ("cancel", "awaiting_confirm", "idle", None),
    ]


def test_a_call_that_broke_off_is_told_by_whoever_finds_it(stage: Stage) -> None:
    stage.line.next("start", "crash")
    stage.say("Ana", "Sign in with my ChatGPT account")
    stage.stop()
    stage.clock.advance(timedelta(minutes=1))
    stage.say("Ana", "Sign in with my ChatGPT account")
    assert ("interrupted", "started", "idle", None) in trail(stage)


def test_words_that_change_nothing_leave_nothing(stage: Stage) -> None:
    stage.say("Ana", "Sign in with my ChatGPT account")
    before = trail(stage)
    for text in ("not yet", "show me the code again", "how does this work?", "nice weather"):
        stage.say("Ana", text)
    assert trail(stage) == before


def test_the_funnel_counts_times_and_people_and_why_not(stage: Stage) -> None:
    connect(stage)
    for who in ("Wei", "Wei", "Bo"):
        stage.say(who, "Sign in with my ChatGPT account")
        stage.say(who, "cancel")
    found = counted(stage)
    reached = {name: (count.times, count.people) for name, count in found.reached.items()}
    assert reached == {"started": (4, 3), "code shown": (4, 3), "confirmed": (1, 1), "connected": (1, 1)}
    assert {name: (count.times, count.people) for name, count in found.why_not.items()} == {"cancel": (3, 2)}


def test_the_trail_goes_back_as_far_as_it_was_set(stage: Stage) -> None:
    stage.settings["trail_days"] = 30
    connect(stage)
    stage.clock.advance(timedelta(days=29))
    stage.run(stage.skill.tidy())
    assert trail(stage) == CONNECTED
    stage.clock.advance(timedelta(days=2))
    stage.run(stage.skill.tidy())
    assert trail(stage) == []


def rows(stage: Stage) -> int:
    with sqlite3.connect(stage.folder / "onboarding.db") as database:
        tables = ("sessions", "credentials", "receipts", "trail", "set_aside")
        return sum(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)


def test_forgetting_deletes_everything_of_that_person_and_ends_the_login(stage: Stage) -> None:
    connect(stage, "Wei")
    others = rows(stage)
    connect(stage)
    stage.forget_requests()
    gone = stage.run(stage.skill.forget("ana"))
    assert (gone.logins, gone.unconfirmed) == (1, 0)
    assert rows(stage) == others
    assert stage.asked("revoke") == 1
    assert stage.call_tool("Wei", "status")["connected"]
    assert not stage.call_tool("Ana", "status")["connected"]


def test_forgetting_says_when_the_provider_did_not_confirm(stage: Stage) -> None:
    connect(stage)
    stage.line.next("revoke", "unreachable")
    gone = stage.run(stage.skill.forget("ana"))
    assert (gone.logins, gone.unconfirmed) == (1, 1)
    assert rows(stage) == 0


def test_a_sign_in_in_flight_comes_to_nothing_for_somebody_forgotten(stage: Stage) -> None:
    stage.say("Ana", "Sign in with my ChatGPT account")
    stage.provider.approve(stage.code)
    stage.clock.advance(timedelta(seconds=40))
    stage.line.next("exchange", "held back")
    stage.say("Ana", "done")
    stage.run(stage.skill.forget("ana"))
    stage.line.release()
    stage.wait()
    assert stage.record("Ana").credential is None
    assert stage.asked("revoke") == 1


@pytest.mark.parametrize("who", ["ana", "nobody at all"])
def test_forgetting_twice_or_nobody_is_no_mistake(stage: Stage, who: str) -> None:
    connect(stage)
    stage.run(stage.skill.forget("ana"))
    assert stage.run(stage.skill.forget(who)).rows == 0
