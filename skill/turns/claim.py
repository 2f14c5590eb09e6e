"""Claiming: what a message or a tool call means here and now, and whether it may have what it wants."""

from dataclasses import replace
from datetime import datetime, timedelta

from intents import Classification, Label
from skill.core.machine import ACT_AT_ONCE, SPENDS_AN_INTENT, Facts, Step, advance, may, resting_state
from skill.core.replies import pick_language
from skill.core.session import WEAK_WORDS_COUNT, Session
from skill.core.states import Action, Event, State
from skill.message import Reply
from skill.oauth.outcomes import Denied
from skill.stores.base import Receipt, Record
from skill.turns.begin import begin, mint
from skill.turns.settle import settle
from skill.turns.tell import language_of, login_of, tell, tell_again
from skill.turns.trail import noted
from skill.turns.values import At, Call, Heard, Turn, Verdict

CONFIRMATION_LASTS = timedelta(minutes=10)
FORCED_REFRESH_EVERY = timedelta(minutes=1)
_ASKED = (State.AWAITING_CONFIRM, State.CLARIFYING, State.FAILED)
# What a "yes" to the runtime's own question may mean; the one that leads to the call counts.
_AGREED = {
    Action.START: (Event.OAUTH, Event.NEW_CODE),
    Action.POLL: (Event.CONFIRM,),
    Action.LOGOUT: (Event.LOGOUT,),
}


def concerns(at: At, heard: Heard, record: Record) -> bool:
    """Whether a text that is no request means anything where this conversation stands."""
    present, _ = _present(at, record, heard.conversation)
    return record.receipt is not None or _event(at, heard, present.session) is not None


def claim(at: At, heard: Heard, record: Record) -> tuple[Record, Verdict | Reply | Turn]:
    """The first transaction of a message's turn."""
    if record.receipt and record.receipt.settled:
        return record, tell_again(at, record) or Verdict.PASS_THROUGH
    present, interrupted = _present(at, record, heard.conversation)
    session = present.session
    event = _event(at, heard, session)
    if event is None and record.receipt is None:
        return record, Verdict.PASS_THROUGH
    if session.busy(at.now) and (record.receipt or event not in ACT_AT_ONCE):
        return record, Verdict.WAIT
    present = replace(present, session=replace(session, lease=None))
    if event is None or record.receipt or interrupted == heard.conversation:
        state = resting_state(present.session, heard.conversation, login_of(record, heard) is not None)
        return _answer(at, present, heard, Step(present.session, state, state, say="interrupted"))
    step = advance(present.session, heard.conversation, event, _facts(at, heard, present, event))
    if not step.moved:
        return record, Verdict.PASS_THROUGH
    present = noted(at, present, heard.conversation, step)
    return _wanted(at, heard, present, event, step) if step.action else _answer(at, present, heard, step)


def _answer(at: At, record: Record, heard: Heard, step: Step) -> tuple[Record, Verdict | Reply]:
    record, reply = tell(at, record, heard, step)
    return record, reply or Verdict.PASS_THROUGH


def _wanted(at: At, heard: Heard, record: Record, event: Event, step: Step) -> tuple[Record, Verdict | Reply | Turn]:
    """The machine wants a call. The message mints the intent; the hook spends it in the same breath, an agent later."""
    assert step.action  # noqa: S101
    language = language_of(heard, record.session)
    if at.settings.answers == "agent" and step.action in SPENDS_AN_INTENT:
        minted = mint(at, record.session, heard.conversation, step.action, event)
        spoken = minted.spoke(heard.conversation, language, at.now)
        return replace(record, session=spoken, receipt=Receipt(settled=True)), Verdict.PASS_THROUGH
    turn = Turn(heard.owner, heard.conversation, step.action, step, language, record.credential, "", heard)
    record, leased, limited = begin(at, record, turn, step)
    if limited:
        record, settled = settle(at, leased, limited, record)
        return record, settled.reply or Verdict.PASS_THROUGH
    return record, leased


def claim_call(at: At, call: Call, record: Record) -> tuple[Record, Verdict | Denied | Turn]:
    """The first transaction of a tool call's turn: without the person's intent nothing happens."""
    present, _ = _present(at, record, call.conversation)
    session = present.session
    if session.busy(at.now):
        return record, Verdict.WAIT
    if call.action is Action.START and record.credential:
        return record, Denied("already_connected")
    record = replace(present, session=_asked_for(at, call, present))
    pending_id = session.flow.code.pending_id if session.flow and session.flow.code else None
    intent = may(record.session, call.action, call.conversation, at.now, pending_id)
    if intent is None:
        return record, Denied("confirmation_required" if call.action is Action.POLL else "request_required")
    if call.action is Action.POLL and call.pending_id != pending_id:
        return record, Denied("unknown_pending_id")
    facts = Facts(at.now, record.credential is not None, confirmed=True, reported=True)
    step = advance(record.session, call.conversation, intent.event, facts)
    if step.action is not call.action:
        return record, Denied("already_connected" if step.state is State.CONNECTED else "request_required")
    if step.session.flow and intent.restarts:
        flow = replace(step.session.flow, restarts=intent.restarts)
        step = replace(step, session=replace(step.session, flow=flow))
    record = noted(at, record, call.conversation, step)
    language = pick_language(session.talk(call.conversation).language)
    turn = Turn(call.owner, call.conversation, call.action, step, language, record.credential, "")
    record, leased, limited = begin(at, record, turn, step)
    if limited:
        record, _ = settle(at, leased, limited, record)
        return record, Denied("rate_limited", limited.retry_after)
    return record, leased


def claim_refresh(at: At, record: Record) -> tuple[Record, Denied | None]:
    """A forced refresh by the tool: at most once a minute (trust.md, section 3)."""
    last = record.session.forced_refresh_at
    wait = last + FORCED_REFRESH_EVERY - at.now if last else timedelta(0)
    if record.credential and wait > timedelta(0):
        return record, Denied("rate_limited", max(1, int(wait.total_seconds())))
    return replace(record, session=replace(record.session, forced_refresh_at=at.now)), None


def outlived(at: At, record: Record) -> tuple[Record, None]:
    """What time alone has ended: a flow, an hour after its code ran out; all of a person who is silent for a month."""
    if record.session.flow:
        record, _ = _present(at, record, record.session.flow.conversation)
    session = record.session
    if session.worthless_at and session.worthless_at <= at.now:
        record = replace(record, session=Session(version=session.version))
    return record, None


def _asked_for(at: At, call: Call, record: Record) -> Session:
    """The session with what the person's quoted words, or their yes to the runtime's question, mint for this call."""
    session = record.session
    for event in _AGREED[call.action] if call.agreed else _quoted(call, record):
        facts = Facts(at.now, record.credential is not None, confirmed=True, reported=event is Event.REAUTH)
        if advance(session, call.conversation, event, facts).action is call.action:
            return mint(at, session, call.conversation, call.action, event)
    return session


def _quoted(call: Call, record: Record) -> list[Event]:
    """Words that an agent quotes mean what the same words would have meant in a message; weak ones mean nothing."""
    if call.quoted is None:
        return []
    answer = call.quoted.classify(resting_state(record.session, call.conversation, record.credential is not None))
    event = None if answer.weak else _as_event(answer) or _as_event(call.quoted.classify(None))
    return [event] if event else []


def _present(at: At, record: Record, conversation: str) -> tuple[Record, str | None]:
    """The record as it is now: a crashed call's state given back, what time has ended left out.

    Also the conversation that is to be told of the crash.
    """
    interrupted, session = None, record.session
    if session.lease and not session.busy(at.now):
        if session.flow and session.flow.state in (State.STARTED, State.POLLING):
            interrupted = session.flow.conversation
            record = _passed(at, record, interrupted, Event.INTERRUPTED)
        record = replace(record, session=replace(record.session, lease=None))
    if record.session.lapsed(conversation, at.now):
        record = _passed(at, record, conversation, Event.LAPSED)
    return record, interrupted


def _passed(at: At, record: Record, conversation: str, event: Event) -> Record:
    """The record after something that time alone has brought."""
    step = advance(record.session, conversation, event, Facts(at.now))
    return replace(noted(at, record, conversation, step), session=step.session)


def _event(at: At, heard: Heard, session: Session) -> Event | None:
    """The label as an event: first as a reply to what we asked, then as a request. None: nothing of ours."""
    state = session.state(heard.conversation)
    read_as = State.AWAITING_CONFIRM if state in (State.STARTED, State.POLLING) else state
    if read_as in _ASKED:
        answer = heard.reading.classify(read_as)
        if not _stale(at, heard, session, answer):
            event = _as_event(answer)
            if event:
                return event
    return _as_event(heard.request)


def _stale(at: At, heard: Heard, session: Session, answer: Classification) -> bool:
    """Rule 7: weak words count for two minutes; words that would start, only if sent after what they answer."""
    talk = session.talk(heard.conversation)
    if answer.weak and (talk.spoke_at is None or at.now - talk.spoke_at >= WEAK_WORDS_COUNT):
        return True
    starts, sent_at = answer.label in (Label.CHOOSE_OAUTH, Label.RETRY), heard.message.sent_at
    return starts and sent_at is not None and talk.since is not None and not _sent_after(sent_at, talk.since)


def _as_event(answer: Classification) -> Event | None:
    if answer.label is Label.NONE:
        return None
    return Event.NEW_CODE if answer.label is Label.RESEND and answer.fresh else Event(answer.label.value)


def _facts(at: At, heard: Heard, record: Record, event: Event) -> Facts:
    connected = login_of(record, heard) is not None
    return Facts(at.now, connected, _confirms(at, heard, record.session), event is Event.REAUTH)


def _confirms(at: At, heard: Heard, session: Session) -> bool:
    """Rule 2: an identified message, sent after what is on screen was shown and settled, not older than 10 minutes."""
    settled_at = session.flow.settled_at if session.flow else None
    if heard.message.key is None or heard.waited or settled_at is None:
        return False
    sent_at = heard.message.sent_at or heard.received_at
    return _sent_after(sent_at, settled_at) and at.now - sent_at <= CONFIRMATION_LASTS


def _sent_after(sent_at: datetime, mark: datetime) -> bool:
    """Platforms that cut to whole seconds get the benefit of theirs."""
    return sent_at >= (mark if sent_at.microsecond else mark.replace(microsecond=0))
