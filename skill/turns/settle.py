"""Settling: what a call brought becomes state, login and reply, unless the person took it back meanwhile."""

from dataclasses import replace
from datetime import datetime, timedelta

from skill import speech
from skill.core.machine import Facts, Step, advance
from skill.core.session import Authorization, Session
from skill.core.states import Action, Event, State
from skill.message import Reply
from skill.oauth.credential import Credential
from skill.oauth.outcomes import Authorized, Issued, LoginDied, NotConnected, Outcome, Refused, Troubled
from skill.stores.base import Record
from skill.turns.begin import begin, mint
from skill.turns.tell import say_nothing, tell
from skill.turns.trail import noted
from skill.turns.values import At, Settled, Turn


def settle(at: At, turn: Turn, outcome: Outcome, record: Record) -> tuple[Record, Settled]:
    """The second transaction of a turn."""
    if not _mine(turn, record.session):
        return _superseded(at, turn, outcome, record)
    record = _stored(turn, outcome, record)
    step = _next(at, turn, outcome, record)
    if step.action and (turn.heard is None or at.settings.answers == "agent"):
        step = _left_to_the_agent(at, turn, record, step)
    record = noted(at, record, turn.conversation, step, getattr(outcome, "reason", None))
    if step.action is None:
        return _finished(at, turn, outcome, record, step)
    preface = speech.failure_key(outcome.reason) if isinstance(outcome, Refused) else None
    remark = "login_restarted" if isinstance(outcome, LoginDied) else None
    following = replace(turn, action=step.action, preface=preface, remark=remark)
    record, leased, limited = begin(at, record, following, step)
    if limited:
        return settle(at, leased, limited, record)
    return record, Settled(outcome, following=leased)


def refine(at: At, turn: Turn, settled: Settled, read: Credential | None, record: Record) -> tuple[Record, Settled]:
    """The account's own models, read once its login was safe, if they could be. A logout meanwhile stands."""
    stored, outcome = record.credential, settled.outcome
    if stored is None:
        return _discarded(turn, settled.outcome, record)
    if read is None or stored.refresh_token != read.refresh_token or not isinstance(outcome, Authorized):
        return record, settled
    listed = replace(stored, models=read.models, models_at=read.models_at, models_etag=read.models_etag)
    record, outcome = replace(record, credential=listed), replace(outcome, models=read.model_ids)
    if turn.heard is None:
        return record, replace(settled, outcome=outcome)
    step = Step(record.session, State.POLLING, State.CONNECTED, say="connected")
    record, reply = tell(at, record, turn.heard, step, turn, outcome)
    return record, Settled(outcome, reply)


def seal(turn: Turn, authorization: Authorization, record: Record) -> tuple[Record, bool]:
    """Keep an authorization before its exchange is sent; false if the flow ended meanwhile."""
    session, flow = record.session, record.session.flow
    if flow is None or not _mine(turn, session):
        return record, False
    return replace(record, session=replace(session, flow=replace(flow, authorization=authorization))), True


def _mine(turn: Turn, session: Session) -> bool:
    """Whether the lease is still this turn's: a cancel, a logout or a recovery takes it away."""
    return session.lease is not None and session.lease.holder == turn.holder


def _superseded(at: At, turn: Turn, outcome: Outcome, record: Record) -> tuple[Record, Settled]:
    if isinstance(outcome, Authorized) and outcome.credential:
        record = replace(record, session=record.session.revoking(outcome.credential.refresh_token, at.now))
    return _discarded(turn, outcome, record)


def _discarded(turn: Turn, outcome: Outcome, record: Record) -> tuple[Record, Settled]:
    """An outcome that the person took back: a message is met with silence, a tool call hears of no login."""
    if turn.heard is None:
        return record, Settled(NotConnected(), discarded=True)
    record, reply = say_nothing(record, turn, turn.heard)
    return record, Settled(outcome, reply, discarded=True)


def overtaken(settled: Settled) -> Settled:
    """What is left to say of a login when its person was told of a logout meanwhile: nothing."""
    if not isinstance(settled.outcome, Authorized):
        return settled
    silent = settled.reply and Reply(text="", state=State.IDLE, language=settled.reply.language)
    return Settled(NotConnected(), silent, discarded=True)


def _stored(turn: Turn, outcome: Outcome, record: Record) -> Record:
    """What the outcome changes beside the state: the code, the login, an authorization that is still good."""
    session = record.session
    match outcome:
        case Issued(code=code) if session.flow:
            return replace(record, session=replace(session, flow=replace(session.flow, code=code)))
        case Authorized(credential=credential):
            known = replace(session, login_died=False, offer_due=False, handed_to=None)
            return replace(record, session=known, credential=credential or record.credential)
        case Troubled(authorization=authorization) if session.flow and turn.action is Action.POLL:
            return replace(record, session=replace(session, flow=replace(session.flow, authorization=authorization)))
        case LoginDied():
            return replace(record, session=replace(session, login_died=True, offer_due=False))
    return record


def _next(at: At, turn: Turn, outcome: Outcome, record: Record) -> Step:
    """The machine's word on the outcome; an outcome that is no event is simply the answer."""
    failed = turn.action is Action.START and isinstance(outcome, Troubled)
    event = Event.START_FAILED if failed else outcome.event
    facts = Facts(at.now, reported=turn.action is Action.REFRESH)
    if event:
        step = advance(record.session, turn.conversation, event, facts, turn.step.state)
        if step.moved:
            return step
    return replace(turn.step, session=record.session, action=None, say="answer", event=None)


def _finished(at: At, turn: Turn, outcome: Outcome, record: Record, step: Step) -> tuple[Record, Settled]:
    session = replace(step.session, lease=None)
    if step.state is State.FAILED:
        session = session.told(turn.conversation, *_failure(at, outcome))
    if turn.heard is None:
        return replace(record, session=session.spoke(turn.conversation, turn.language, at.now)), Settled(outcome)
    record, reply = tell(at, record, turn.heard, replace(step, session=session), turn, outcome)
    return record, Settled(outcome, reply)


def _failure(at: At, outcome: Outcome) -> tuple[str, datetime | None]:
    """The key of the text that told the failure, and when it may be tried again."""
    match outcome:
        case Refused(reason):
            return speech.failure_key(reason), None
        case Troubled(reason, seconds):
            return f"start_{reason.value}", at.now + timedelta(seconds=seconds) if seconds else None
    return "login_died", None


def _left_to_the_agent(at: At, turn: Turn, record: Record, step: Step) -> Step:
    """Where a tool call's answer allows to start over, the agent gets the intent to do so (rule 1)."""
    restarts = step.session.flow.restarts if step.session.flow else 0
    failed = record.session.moved(turn.conversation, State.FAILED, at.now)
    minted = mint(at, failed, turn.conversation, Action.START, Event.RETRY, restarts)
    return replace(step, session=minted, state=State.FAILED, action=None)
