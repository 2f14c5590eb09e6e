"""The machine: one table of moves, shared by every conversation.

Why it is strict. A device code that nobody asked for is how phishing works, so `started` is entered only by
words that ask for a sign-in, or over a flow that somebody asked for. A poll by itself wastes calls, brings back
stale "pending" answers and blocks the very turn that should show the code, so `polling` is entered only by a
confirmation, and each confirmation is spent by it.

`advance` decides and does nothing: it returns the state that follows, the action that is wanted and the key of what
to say. The turn performs the action and comes back with the next event. An event without a move changes nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

from transitions import Machine

from skill.core.session import RESTARTS_PER_FLOW, Intent, Session
from skill.core.states import Action, Event, State

SPENDS_AN_INTENT = frozenset({Action.START, Action.POLL, Action.LOGOUT})
ACT_AT_ONCE = frozenset({Event.CANCEL, Event.LOGOUT})  # never wait for a call in flight

_IDLE, _CLARIFYING, _STARTED = State.IDLE, State.CLARIFYING, State.STARTED
_AWAITING, _POLLING, _CONNECTED, _FAILED = (
    State.AWAITING_CONFIRM,
    State.POLLING,
    State.CONNECTED,
    State.FAILED,
)
_OPEN = (_IDLE, _CLARIFYING, _FAILED)
_IN_FLIGHT = (_STARTED, _POLLING)
_RESTING = (_IDLE, _CLARIFYING, _FAILED, _CONNECTED, _AWAITING)


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table. Of several rows for a state and event, the first whose guard holds is taken."""

    event: Event
    sources: tuple[State, ...]
    dest: State | None  # None: stay
    say: str | None = None
    action: Action | None = None
    when: str | None = None
    then: Event | None = None  # follows in the same turn


def _sign_in(event: Event, *sources: State) -> tuple[Move, ...]:
    """An explicit wish to sign in. Status comes first (rule 4), then a code that is alive elsewhere (rule 5)."""
    return (
        Move(event, sources, _CONNECTED, "already_connected", when="connected"),
        Move(event, sources, _AWAITING, "moved_here", when="code_alive_elsewhere"),
        Move(event, sources, _STARTED, action=Action.START),
    )


MOVES: tuple[Move, ...] = (
    # Nothing is in progress.
    *_sign_in(Event.OAUTH, *_OPEN),
    Move(Event.OAUTH, (_CONNECTED,), None, "already_connected"),
    *_sign_in(Event.CHOOSE_OAUTH, _CLARIFYING),
    *_sign_in(Event.RETRY, _FAILED),
    Move(Event.AMBIGUOUS, (*_OPEN, _CONNECTED), _CONNECTED, "choose_model", when="connected"),
    Move(Event.AMBIGUOUS, (_IDLE, _FAILED), _CLARIFYING, "ask"),
    Move(Event.AMBIGUOUS, (_CLARIFYING,), _CLARIFYING, "ask_again"),  # asked anew: five minutes from now
    Move(Event.HELP, (_CLARIFYING,), _CLARIFYING, "ask_again"),
    Move(Event.HELP, (_FAILED,), None, "why_failed"),
    Move(Event.CANCEL, (_CLARIFYING, _FAILED), _IDLE, "left_alone"),
    Move(Event.LAPSED, (_CLARIFYING, _FAILED, _AWAITING), _IDLE),
    # Hand-offs. They drop a flow, and never a login.
    Move(Event.BYOK, (*_OPEN, _AWAITING), _IDLE, "handoff_byok"),
    Move(Event.CHOOSE_BYOK, (_CLARIFYING,), _IDLE, "handoff_byok"),
    Move(Event.OTHER_VENDOR, (*_OPEN, _AWAITING), _IDLE, "handoff_other_vendor"),
    Move(Event.BYOK, (_CONNECTED,), None, "handoff_byok"),
    Move(Event.OTHER_VENDOR, (_CONNECTED,), None, "handoff_other_vendor"),
    # Questions about the login. They are answered wherever the conversation rests.
    *(
        row
        for event, action in (
            (Event.STATUS, Action.STATUS),
            (Event.MODELS, Action.MODELS),
            (Event.USAGE, Action.USAGE),
        )
        for row in (
            Move(event, _OPEN, _IDLE, action=action),
            Move(event, (_CONNECTED, _AWAITING), None, action=action),
        )
    ),
    # Leaving, and a login that broke.
    Move(Event.LOGOUT, (*_RESTING, *_IN_FLIGHT), _IDLE, action=Action.LOGOUT),
    Move(Event.REAUTH, (*_OPEN, _CONNECTED), _CONNECTED, action=Action.REFRESH, when="connected"),
    Move(Event.REAUTH, _OPEN, _STARTED, action=Action.START, when="login_died"),
    Move(Event.REAUTH, _OPEN, _IDLE, "not_connected"),
    Move(Event.LOGIN_DIED, (_CONNECTED,), _STARTED, action=Action.START, when="reported"),
    Move(Event.LOGIN_DIED, (_CONNECTED,), _FAILED, "login_died"),
    # A start is in flight.
    Move(Event.CODE_ISSUED, (_STARTED,), _AWAITING, "display"),
    Move(Event.START_FAILED, (_STARTED,), _FAILED, "start_failed"),
    Move(Event.CANCEL, (*_IN_FLIGHT, _AWAITING), _IDLE, "cancelled"),
    Move(Event.INTERRUPTED, (_STARTED,), _IDLE, "interrupted"),
    # URL and code are on screen; nothing happens until the person speaks.
    Move(Event.CONFIRM, (_AWAITING,), _POLLING, action=Action.POLL, when="confirmed"),
    Move(Event.CONFIRM, (_AWAITING,), None, "say_again"),
    Move(Event.NOT_YET, (_AWAITING,), None, "not_yet", when="code_alive"),
    Move(Event.NOT_YET, (_AWAITING,), None, "ran_out"),
    Move(Event.HELP, (_AWAITING,), None, "help", when="code_alive"),
    Move(Event.HELP, (_AWAITING,), None, "help_ran_out"),
    Move(Event.NEW_CODE, (_AWAITING,), _STARTED, action=Action.START),
    *(Move(event, (_AWAITING,), None, "display", when="code_alive") for event in (Event.RESEND, Event.OAUTH)),
    *(Move(event, (_AWAITING,), _STARTED, action=Action.START) for event in (Event.RESEND, Event.OAUTH)),
    *(Move(event, (_AWAITING,), None, "display", when="code_alive") for event in (Event.AMBIGUOUS, Event.REAUTH)),
    *(Move(event, (_AWAITING,), None, "ran_out") for event in (Event.AMBIGUOUS, Event.REAUTH)),
    # A poll is in flight.
    Move(Event.AUTHORIZED, (_POLLING,), _CONNECTED, "connected"),
    Move(Event.PENDING, (_POLLING,), _AWAITING, "still_pending"),
    Move(Event.TROUBLED, (_POLLING,), _AWAITING, "trouble"),
    Move(Event.REFUSED, (_POLLING,), _FAILED, "poll_failed", then=Event.START_OVER),
    Move(Event.START_OVER, (_FAILED,), _STARTED, action=Action.START, when="may_start_over"),
    Move(Event.INTERRUPTED, (_POLLING,), _AWAITING, "interrupted"),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards may ask about, beside the session itself."""

    now: datetime
    connected: bool = False  # a working credential; one that is known to be dead doesn't count
    confirmed: bool = False  # this turn's message is a confirmation in the sense of rule 2
    reported: bool = False  # this turn's message reports the breakage


@dataclass(frozen=True, slots=True)
class Step:
    """What follows an event: the session, the action wanted next, and what to say (the key of a text)."""

    session: Session
    before: State
    state: State
    action: Action | None = None
    say: str | None = None
    moved: bool = True  # false: the event has no move here
    event: Event | None = None  # None: a step that no event made


class _Case:
    """The model that the shared machine moves: one event in one conversation, alive for one call of `advance`.

    Its attributes are the guards that `Move.when` names.
    """

    def __init__(self, session: Session, conversation: str, state: State, facts: Facts) -> None:
        self.state: str = state.value  # what `transitions` reads and writes
        self.taken: list[Move] = []
        flow = session.flow
        self.connected, self.confirmed, self.reported = facts.connected, facts.confirmed, facts.reported
        self.login_died = session.login_died
        self.code_alive = flow is not None and flow.code is not None and flow.code.alive(facts.now)
        self.code_alive_elsewhere = self.code_alive and flow is not None and flow.conversation != conversation
        self.may_start_over = flow is not None and flow.restarts < RESTARTS_PER_FLOW


def _build(machine_class: type[Machine] = Machine, **options: Any) -> Machine:
    """The table as a `transitions` machine. Without auto-transitions, or any state could be jumped to."""
    rows = [
        {
            "trigger": move.event.value,
            "source": source.value,
            "dest": (move.dest or source).value,
            "conditions": move.when,
            "before": partial(_take, move),
        }
        for move in MOVES
        for source in move.sources
    ]
    return machine_class(
        states=[state.value for state in State],
        transitions=rows,
        initial=State.IDLE.value,
        auto_transitions=False,
        ignore_invalid_triggers=True,
        send_event=True,
        **options,
    )


def _take(move: Move, event: Any) -> None:
    event.model.taken.append(move)


_MACHINE = _build(model=None)


def resting_state(session: Session, conversation: str, connected: bool) -> State:
    """Where the conversation stands, the credential read into it: an idle one of a connected user is `connected`."""
    state = session.state(conversation)
    return State.CONNECTED if connected and state is State.IDLE else state


def advance(session: Session, conversation: str, event: Event, facts: Facts, state: State | None = None) -> Step:
    """Take the one move that `event` allows here, if there is one. Pure.

    `state` is where the conversation stands within a turn; left out, it is read off the session and the credential.
    """
    before = state or resting_state(session, conversation, facts.connected)
    case = _Case(session, conversation, before, facts)
    trigger = _MACHINE.events[event.value]
    if before.value not in trigger.transitions or not trigger.trigger(case):  # the machine itself would log a warning
        return Step(session, before, before, moved=False)
    move, after = case.taken[-1], State(case.state)
    if move.then:
        following = advance(session, conversation, move.then, facts, after)
        if following.moved:
            return replace(following, before=before, say=move.say, event=event)
    moved = session if move.dest is None else session.moved(conversation, after, facts.now)
    if event is Event.LOGOUT:
        moved = replace(moved, flow=None, intents=())  # wherever the flow was
    if event is Event.CANCEL:
        moved = replace(moved, intents=tuple(row for row in moved.intents if row.conversation != conversation))
    if event is Event.START_OVER and moved.flow and session.flow:
        moved = replace(moved, flow=replace(moved.flow, restarts=session.flow.restarts + 1))
    return Step(moved, before, after, move.action, move.say, event=event)


def may(
    session: Session, action: Action, conversation: str, now: datetime, pending_id: str | None = None
) -> Intent | None:
    """The unspent intent that allows this call, or None. The one guard behind the hook and the tool."""
    code = session.flow.code if session.flow else None
    for intent in session.intents:
        if (intent.action, intent.conversation) != (action, conversation) or intent.expires_at <= now:
            continue
        if intent.flow is None or (code and intent.flow == code.pending_id == pending_id):
            return intent
    return None


def diagram() -> str:
    """The machine as Mermaid, drawn from the table."""
    from transitions.extensions import GraphMachine  # noqa: PLC0415 (a conversation never needs it)

    model = SimpleNamespace()  # not the machine itself: its own names would clash with those of events
    _build(GraphMachine, graph_engine="mermaid", model=model)
    drawn = model.get_graph().source.splitlines()
    plain = [line for line in drawn[3:] if line.strip() and "class" not in line.lower()]  # no styles
    return "".join(f"{_each_once(line)}\n" for line in plain)


def _each_once(arrow: str) -> str:
    """Several guarded rows between the same two states are one word on the arrow."""
    ends, colon, events = arrow.partition(": ")
    return ends + colon + " | ".join(dict.fromkeys(events.split(" | ")))
