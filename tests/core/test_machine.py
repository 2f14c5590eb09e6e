"""The table of moves, walked as a whole (conversation.md, sections 1 and 2)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from skill.core.machine import MOVES, Facts, Step, advance, diagram, may, resting_state
from skill.core.session import RESTARTS_PER_FLOW, Code, Flow, Intent, Session, Talk
from skill.core.states import Action, Event, State

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HERE, ELSEWHERE = "this conversation", "another conversation"

# Words of a person that say nothing where no question of ours is open.
_REPLIES = {Event.CONFIRM, Event.NOT_YET, Event.RESEND, Event.NEW_CODE}
_CHOICES = {Event.CHOOSE_OAUTH, Event.CHOOSE_BYOK}
_REQUESTS = {
    Event.OAUTH,
    Event.BYOK,
    Event.OTHER_VENDOR,
    Event.AMBIGUOUS,
    Event.STATUS,
    Event.MODELS,
    Event.USAGE,
    Event.REAUTH,
}
# What only a call in flight can bring.
_OF_A_START = {Event.CODE_ISSUED, Event.START_FAILED}
_OF_A_POLL = {Event.AUTHORIZED, Event.PENDING, Event.TROUBLED, Event.REFUSED}
_OF_A_REFRESH = {Event.LOGIN_DIED}

# Section 1, read state by state: the events that mean nothing there. Everything else has a move.
IGNORED: dict[State, set[Event]] = {
    State.IDLE: {
        *(_REPLIES | _CHOICES),
        *(Event.CANCEL, Event.HELP, Event.RETRY),
        *(_OF_A_START | _OF_A_POLL | _OF_A_REFRESH),
        *(Event.START_OVER, Event.INTERRUPTED, Event.LAPSED),
    },
    State.CLARIFYING: {
        *_REPLIES,
        Event.RETRY,
        *(_OF_A_START | _OF_A_POLL | _OF_A_REFRESH),
        *(Event.START_OVER, Event.INTERRUPTED),
    },
    State.STARTED: {
        *(_REQUESTS | _REPLIES | _CHOICES),
        *(Event.HELP, Event.RETRY),
        *(_OF_A_POLL | _OF_A_REFRESH),
        *(Event.START_OVER, Event.LAPSED),
    },
    State.AWAITING_CONFIRM: {
        *_CHOICES,
        Event.RETRY,
        *(_OF_A_START | _OF_A_POLL | _OF_A_REFRESH),
        *(Event.START_OVER, Event.INTERRUPTED),
    },
    State.POLLING: {
        *(_REQUESTS | _REPLIES | _CHOICES),
        *(Event.HELP, Event.RETRY),
        *(_OF_A_START | _OF_A_REFRESH),
        *(Event.START_OVER, Event.LAPSED),
    },
    State.CONNECTED: {
        *(_REPLIES | _CHOICES),
        *(Event.CANCEL, Event.HELP, Event.RETRY),
        *(_OF_A_START | _OF_A_POLL),
        *(Event.START_OVER, Event.INTERRUPTED, Event.LAPSED),
    },
    State.FAILED: {
        *(_REPLIES | _CHOICES),
        *(_OF_A_START | _OF_A_POLL | _OF_A_REFRESH),
        Event.INTERRUPTED,
    },
}

PAIRS = list(product(State, Event))
IN_TABLE = {(source, move.event) for move in MOVES for source in move.sources}


@dataclass(frozen=True)
class Case:
    """One event in one state, with one setting of everything that a guard can ask about."""

    state: State
    event: Event
    session: Session
    facts: Facts

    @property
    def code_alive(self) -> bool:
        flow = self.session.flow
        return bool(flow and flow.code and flow.code.alive(NOON))

    def take(self) -> Step:
        return advance(self.session, HERE, self.event, self.facts, self.state)


def code(minutes_left: float = 10) -> Code:
    return Code(
        "WXYZ-12345", "https://auth.openai.com/codex/device", "pending-1", NOON + timedelta(minutes=minutes_left)
    )


def session_in(state: State, shown: Code | None = None, restarts: int = 0, login_died: bool = False) -> Session:
    """A session whose conversation `HERE` stands in that state."""
    if state in (State.STARTED, State.AWAITING_CONFIRM, State.POLLING):
        return Session(flow=Flow(HERE, state, shown, restarts=restarts), login_died=login_died)
    resting = State.IDLE if state is State.CONNECTED else state
    elsewhere = Flow(ELSEWHERE, State.AWAITING_CONFIRM, shown, restarts=restarts) if shown else None
    return Session(flow=elsewhere, talks={HERE: Talk(resting, NOON)}, login_died=login_died)


def cases_of(state: State, event: Event) -> Iterator[Case]:
    """The pair with every setting of what the guards look at."""
    shown, truth = (None, code(10), code(-1)), (False, True)
    for one, restarts, login_died, *facts in product(shown, (0, RESTARTS_PER_FLOW), truth, truth, truth, truth):
        yield Case(state, event, session_in(state, one, restarts, login_died), Facts(NOON, *facts))


@cache
def every_case() -> tuple[tuple[Case, Step], ...]:
    """All of them, and what follows."""
    cases = (case for pair in PAIRS for case in cases_of(*pair))
    return tuple((case, case.take()) for case in cases)


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_every_state_and_event_is_decided(state: State, event: Event) -> None:
    """Section 1: a pair has a move, or stands in the list of those that mean nothing."""
    assert ((state, event) in IN_TABLE) is not (event in IGNORED[state])


@pytest.mark.parametrize(("state", "event"), [(s, e) for s, e in PAIRS if e in IGNORED[s]])
def test_an_illegal_move_changes_nothing(state: State, event: Event) -> None:
    """Section 1, last line, under every combination of guards."""
    for case in cases_of(state, event):
        step = case.take()
        assert (step.session, step.state, step.action, step.say) == (case.session, state, None, None)
        assert step.session is case.session
        assert not step.moved


def test_an_event_without_a_move_is_no_warning_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert not advance(Session(), HERE, Event.AUTHORIZED, Facts(NOON)).moved
    assert caplog.records == []


def test_every_destination_exists_and_every_state_can_be_reached() -> None:
    """`transitions` doesn't check it."""
    destinations = {move.dest for move in MOVES if move.dest}
    assert destinations == set(State)
    assert {source for move in MOVES for source in move.sources} == set(State)


def test_every_row_of_the_table_is_taken_in_some_case() -> None:
    """No row hides behind one before it: what each says or wants comes out of some combination of guards."""
    taken = {(case.event, case.state, step.action, step.say) for case, step in every_case() if step.moved}
    following = {move.event for move in MOVES if move.then}  # their action is that of the move that follows
    for move in MOVES:
        for source in move.sources:
            if move.event not in following:
                assert (move.event, source, move.action, move.say) in taken, (move, source)


def test_every_guard_is_known_to_the_machine() -> None:
    """`transitions` would look for a misspelt guard only when its row is tried."""
    guards = {move.when for move in MOVES} - {None}
    assert guards == {
        "connected",
        "confirmed",
        "reported",
        "login_died",
        "code_alive",
        "code_alive_elsewhere",
        "may_start_over",
    }


# Rule 1, in the order of its words. `resend` is there because it brings a new code where the old one ran out;
# `refused` because "start over" follows it; `login_died` is the refresh that a `reauth` had asked for.
MAY_START = {
    Event.OAUTH,
    Event.CHOOSE_OAUTH,
    Event.RETRY,
    Event.NEW_CODE,
    Event.RESEND,
    Event.REAUTH,
    Event.LOGIN_DIED,
    Event.START_OVER,
    Event.REFUSED,
}


def test_only_the_events_of_rule_1_want_a_start() -> None:
    starting = {case.event for case, step in every_case() if step.action is Action.START}
    assert starting == MAY_START


def test_a_start_after_a_resend_or_a_breakage_has_its_reason() -> None:
    """Rule 1: a new code only where the old one ran out, a reauth only of a login that is dead."""
    for case, step in every_case():
        if step.action is not Action.START:
            continue
        if case.event is Event.RESEND:
            assert not case.code_alive
        if case.event is Event.REAUTH:
            assert case.session.login_died
            assert not case.facts.connected
        if case.event is Event.LOGIN_DIED:
            assert case.facts.reported


def test_starting_over_ends_after_three_times() -> None:
    """Rule 1: at most 3 times a flow, and each is counted."""
    session = session_in(State.POLLING, code())
    for _ in range(3):
        step = advance(session, HERE, Event.REFUSED, Facts(NOON))
        assert (step.state, step.action, step.say) == (State.STARTED, Action.START, "poll_failed")
        issued = advance(step.session, HERE, Event.CODE_ISSUED, Facts(NOON)).session
        assert issued.flow
        shown = replace(issued, flow=replace(issued.flow, code=code()))
        session = advance(shown, HERE, Event.CONFIRM, Facts(NOON, confirmed=True)).session
    last = advance(session, HERE, Event.REFUSED, Facts(NOON))
    assert (last.state, last.action) == (State.FAILED, None)
    assert last.session.flow is None


def test_only_a_fresh_confirmation_wants_a_poll() -> None:
    """Rule 2."""
    polling = [case for case, step in every_case() if step.action is Action.POLL]
    assert polling
    for case in polling:
        assert (case.event, case.state) == (Event.CONFIRM, State.AWAITING_CONFIRM)
        assert case.facts.confirmed


def test_polling_is_entered_by_a_poll_alone() -> None:
    entered = [step for _, step in every_case() if step.moved and step.state is State.POLLING]
    assert {step.action for step in entered} == {Action.POLL}


def test_started_is_entered_by_a_start_alone() -> None:
    entered = [step for _, step in every_case() if step.moved and step.state is State.STARTED]
    assert {step.action for step in entered} == {Action.START}


@pytest.mark.parametrize("state", [State.IDLE, State.CLARIFYING, State.FAILED, State.CONNECTED])
def test_a_connected_user_is_told_so_and_nothing_starts(state: State) -> None:
    """Rule 4."""
    for case, step in every_case():
        login_gone = case.event in (Event.LOGIN_DIED, Event.START_OVER)
        if case.state is state and case.facts.connected and not login_gone:
            assert step.action not in (Action.START, Action.POLL)
    for event in (Event.OAUTH, Event.CHOOSE_OAUTH, Event.RETRY):
        step = advance(session_in(state), HERE, event, Facts(NOON, connected=True), state)
        if step.moved:
            assert (step.state, step.say) == (State.CONNECTED, "already_connected")


@pytest.mark.parametrize("state", State)
def test_a_logout_is_possible_in_every_state_and_drops_the_flow(state: State) -> None:
    """Section 1: a logout elsewhere can't leave a lie."""
    intent = Intent(Action.POLL, Event.CONFIRM, HERE, "pending-1", NOON + timedelta(minutes=1))
    session = replace(session_in(state, code()), intents=(intent,))
    step = advance(session, HERE, Event.LOGOUT, Facts(NOON, connected=state is State.CONNECTED), state)
    assert (step.state, step.action) == (State.IDLE, Action.LOGOUT)
    assert (step.session.flow, step.session.intents) == (None, ())


@pytest.mark.parametrize("state", [State.STARTED, State.POLLING, State.AWAITING_CONFIRM])
def test_a_cancel_drops_the_flow_and_the_intents_of_its_conversation(state: State) -> None:
    mine = Intent(Action.POLL, Event.CONFIRM, HERE, "pending-1", NOON + timedelta(minutes=1))
    other = replace(mine, action=Action.LOGOUT, conversation=ELSEWHERE, flow=None)
    session = replace(session_in(state, code()), intents=(mine, other))
    step = advance(session, HERE, Event.CANCEL, Facts(NOON))
    assert (step.state, step.say, step.action) == (State.IDLE, "cancelled", None)
    assert (step.session.flow, step.session.intents) == (None, (other,))


@pytest.mark.parametrize("event", [Event.STATUS, Event.MODELS, Event.USAGE])
def test_a_question_during_a_sign_in_leaves_the_flow_as_it_is(event: Event) -> None:
    """Section 1, requests while something is in progress."""
    session = session_in(State.AWAITING_CONFIRM, code())
    step = advance(session, HERE, event, Facts(NOON))
    assert (step.session, step.state, step.action) == (session, State.AWAITING_CONFIRM, Action(event.value))


@pytest.mark.parametrize(
    ("event", "alive", "dead"),
    [
        (Event.OAUTH, "display", None),
        (Event.RESEND, "display", None),
        (Event.AMBIGUOUS, "display", "ran_out"),
        (Event.REAUTH, "display", "ran_out"),
        (Event.HELP, "help", "help_ran_out"),
        (Event.NOT_YET, "not_yet", "ran_out"),
        (Event.NEW_CODE, None, None),
    ],
)
def test_what_is_said_while_a_code_is_on_screen_depends_on_its_life(
    event: Event, alive: str | None, dead: str | None
) -> None:
    """Section 1 and 4. Nothing to say is a start."""
    for shown, say in ((code(10), alive), (code(-1), dead)):
        step = advance(session_in(State.AWAITING_CONFIRM, shown), HERE, event, Facts(NOON))
        assert (step.say, step.action) == (say, None if say else Action.START)


@pytest.mark.parametrize("event", [Event.OAUTH, Event.CHOOSE_OAUTH, Event.RETRY])
def test_a_request_elsewhere_moves_the_flow_with_its_code(event: Event) -> None:
    """Rule 5: the same valid code is shown there, and the old conversation is idle."""
    sources = {Event.OAUTH: State.IDLE, Event.CHOOSE_OAUTH: State.CLARIFYING, Event.RETRY: State.FAILED}
    step = advance(session_in(sources[event], code()), HERE, event, Facts(NOON))
    assert (step.state, step.say, step.action) == (State.AWAITING_CONFIRM, "moved_here", None)
    assert step.session.flow
    assert (step.session.flow.conversation, step.session.flow.code) == (HERE, code())
    assert step.session.state(ELSEWHERE) is State.IDLE


def test_a_request_elsewhere_with_a_dead_code_starts_anew() -> None:
    step = advance(session_in(State.IDLE, code(-1)), HERE, Event.OAUTH, Facts(NOON))
    assert (step.state, step.action) == (State.STARTED, Action.START)
    assert step.session.flow
    assert (step.session.flow.conversation, step.session.flow.code) == (HERE, None)


@pytest.mark.parametrize(("state", "back_to"), [(State.STARTED, State.IDLE), (State.POLLING, State.AWAITING_CONFIRM)])
def test_an_interrupted_call_gives_its_state_back(state: State, back_to: State) -> None:
    """Section 3: nothing is repeated by itself."""
    step = advance(session_in(state, code()), HERE, Event.INTERRUPTED, Facts(NOON))
    assert (step.state, step.say, step.action) == (back_to, "interrupted", None)


def test_an_idle_conversation_of_a_connected_user_is_connected() -> None:
    """Section 1: `connected` is read off the credential."""
    session = session_in(State.CLARIFYING)
    assert resting_state(session, ELSEWHERE, connected=True) is State.CONNECTED
    assert resting_state(session, ELSEWHERE, connected=False) is State.IDLE
    assert resting_state(session, HERE, connected=True) is State.CLARIFYING


# One guard for both doors (section 7).

GRANTED = Intent(Action.POLL, Event.CONFIRM, HERE, "pending-1", NOON + timedelta(minutes=10))


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({}, True),
        ({"action": Action.START}, False),
        ({"conversation": ELSEWHERE}, False),
        ({"expires_at": NOON}, False),
        ({"flow": "pending-0"}, False),
    ],
)
def test_an_intent_allows_its_own_call_alone(change: dict[str, object], allowed: bool) -> None:
    """Section 7: owner, conversation, action, flow; 10 minutes; a poll intent dies with its code."""
    intent = replace(GRANTED, **change)  # type: ignore[arg-type]
    session = replace(session_in(State.AWAITING_CONFIRM, code()), intents=(intent,))
    assert (may(session, Action.POLL, HERE, NOON, "pending-1") is intent) is allowed


@pytest.mark.parametrize("pending_id", [None, "", "pending-0", "WXYZ-12345"])
def test_a_poll_needs_the_pending_id_that_is_on_screen(pending_id: str | None) -> None:
    session = replace(session_in(State.AWAITING_CONFIRM, code()), intents=(GRANTED,))
    assert may(session, Action.POLL, HERE, NOON, pending_id) is None


def test_without_an_intent_nothing_may_be_called() -> None:
    session = session_in(State.AWAITING_CONFIRM, code())
    assert not any(may(session, action, HERE, NOON, "pending-1") for action in Action)


def test_the_readme_shows_the_machine_as_it_is() -> None:
    """style.md: drawn from the source."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    fences = [part.partition("```")[0] for part in readme.split("```mermaid\n")[1:]]
    assert diagram() in fences


def test_the_diagram_names_every_state_and_every_event() -> None:
    drawn = diagram()
    assert all(state.value in drawn for state in State)
    assert all(move.event.value in drawn for move in MOVES)
    assert drawn.startswith("stateDiagram")
