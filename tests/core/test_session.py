"""What is remembered of a person, and for how long (conversation.md, sections 1 to 3)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from skill.core.session import TALKS_REMEMBERED, Code, Flow, Intent, Lease, Session, Talk
from skill.core.states import Action, Event, State

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HERE, ELSEWHERE = "this conversation", "another conversation"
CODE = Code("WXYZ-12345", "https://auth.openai.com/codex/device", "pending-1", NOON + timedelta(minutes=15))


def minutes(n: float) -> datetime:
    return NOON + timedelta(minutes=n)


@pytest.mark.parametrize(
    ("state", "after", "lapsed"),
    [
        (State.CLARIFYING, 4.9, False),
        (State.CLARIFYING, 5, True),
        (State.FAILED, 59, False),
        (State.FAILED, 60, True),
        (State.IDLE, 10_000, False),
    ],
)
def test_a_question_lapses_after_five_minutes_and_a_failure_in_time(state: State, after: float, lapsed: bool) -> None:
    """Section 1: the question was asked less than 5 minutes ago."""
    session = Session(talks={HERE: Talk(state, NOON)})
    assert session.lapsed(HERE, minutes(after)) is lapsed
    assert not session.lapsed(ELSEWHERE, minutes(after))


@pytest.mark.parametrize(
    ("state", "after", "lapsed"),
    [
        (State.AWAITING_CONFIRM, 15, False),
        (State.AWAITING_CONFIRM, 74.9, False),
        (State.AWAITING_CONFIRM, 75, True),
        (State.POLLING, 10_000, False),
        (State.STARTED, 10_000, False),
    ],
)
def test_a_shown_code_lapses_an_hour_after_it_ran_out(state: State, after: float, lapsed: bool) -> None:
    """Section 1: one hour after the code ran out → idle, silently. A call in flight has its lease instead."""
    session = Session(flow=Flow(HERE, state, CODE))
    assert session.lapsed(HERE, minutes(after)) is lapsed
    assert not session.lapsed(ELSEWHERE, minutes(after))


def test_a_code_is_alive_until_its_moment() -> None:
    assert CODE.alive(minutes(14.99))
    assert not CODE.alive(minutes(15))


def test_a_lease_is_believed_until_its_moment() -> None:
    session = Session(lease=Lease("worker", NOON))
    assert session.busy(minutes(-0.1))
    assert not session.busy(NOON)
    assert not Session().busy(NOON)


def test_intents_and_starts_that_no_longer_count_are_pruned() -> None:
    """Rule 1 counts starts of a day; section 7 lets an intent live for 10 minutes."""
    dead = Intent(Action.START, Event.OAUTH, HERE, None, NOON)
    live = replace(dead, expires_at=minutes(1))
    yesterday, today = NOON - timedelta(days=1), NOON - timedelta(hours=23)
    pruned = Session(intents=(dead, live), starts=(yesterday, today)).pruned(NOON)
    assert (pruned.intents, pruned.starts) == ((live,), (today,))


def test_a_start_begins_a_new_flow() -> None:
    """Rule 5: one flow per user; the old code is forgotten with its flow."""
    session = Session(flow=Flow(ELSEWHERE, State.AWAITING_CONFIRM, CODE, restarts=2))
    moved = session.moved(HERE, State.STARTED, NOON)
    assert moved.flow == Flow(HERE, State.STARTED)
    assert moved.state(ELSEWHERE) is State.IDLE


def test_awaiting_keeps_the_flow_and_notes_the_moment() -> None:
    """Rule 2: a confirmation must be sent after the code was shown and the last poll settled."""
    session = Session(flow=Flow(HERE, State.POLLING, CODE, restarts=2, settled_at=minutes(-5)))
    moved = session.moved(HERE, State.AWAITING_CONFIRM, NOON)
    assert moved.flow == Flow(HERE, State.AWAITING_CONFIRM, CODE, restarts=2, settled_at=NOON)


@pytest.mark.parametrize("state", [State.IDLE, State.CLARIFYING, State.FAILED, State.CONNECTED])
def test_leaving_the_states_of_a_flow_drops_it(state: State) -> None:
    session = Session(flow=Flow(HERE, State.POLLING, CODE))
    moved = session.moved(HERE, state, NOON)
    assert moved.flow is None
    assert moved.state(HERE) is (State.IDLE if state is State.CONNECTED else state)  # `connected` is never stored


def test_a_move_in_one_conversation_leaves_the_flow_of_another() -> None:
    session = Session(flow=Flow(ELSEWHERE, State.AWAITING_CONFIRM, CODE))
    assert session.moved(HERE, State.CLARIFYING, NOON).flow == session.flow


def test_only_the_latest_conversations_are_remembered() -> None:
    session = Session()
    for number in range(TALKS_REMEMBERED + 5):
        session = session.spoke(f"c{number}", "en", NOON)
    session = session.spoke("c10", "zh", NOON)  # spoken in again: the latest now
    assert len(session.talks) == TALKS_REMEMBERED
    assert list(session.talks)[-1] == "c10"
    assert "c0" not in session.talks


def test_a_flow_outlives_the_conversation_that_is_forgotten() -> None:
    session = Session(flow=Flow("c0", State.AWAITING_CONFIRM, CODE)).spoke("c0", "en", NOON)
    for number in range(1, TALKS_REMEMBERED + 5):
        session = session.spoke(f"c{number}", "en", NOON)
    assert session.state("c0") is State.AWAITING_CONFIRM


def test_why_a_start_failed_is_remembered_until_the_failure_is_over() -> None:
    session = Session().moved(HERE, State.FAILED, NOON).told(HERE, "start_limit", minutes(3))
    assert (session.talk(HERE).reason, session.talk(HERE).retry_at) == ("start_limit", minutes(3))
    rested = session.moved(HERE, State.IDLE, NOON).talk(HERE)
    assert (rested.reason, rested.retry_at) == (None, None)


def test_what_is_secret_stays_out_of_the_repr() -> None:
    """Rule 6."""
    assert CODE.user_code not in repr(Session(flow=Flow(HERE, State.AWAITING_CONFIRM, CODE)))
