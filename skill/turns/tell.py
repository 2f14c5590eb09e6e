"""Telling: the reply of a decided step, stored together with the state it belongs to."""

from dataclasses import replace
from datetime import timedelta

from skill import speech
from skill.core.machine import Step, resting_state
from skill.core.replies import pick_language
from skill.core.session import IN_PROGRESS, Session
from skill.core.states import State
from skill.message import Reply
from skill.oauth.outcomes import Authorized, Outcome, Refused, Troubled
from skill.stores.base import Receipt, Record
from skill.turns.values import At, Heard, Turn


def login_of(record: Record, heard: Heard | None, outcome: Outcome | None = None) -> speech.Login | None:
    """As whom the person is connected: by this outcome, by the stored login, or by what the host says."""
    if isinstance(outcome, Authorized):
        return speech.Login(outcome.email or outcome.account_id, outcome.models)
    if record.credential:
        return speech.Login(record.credential.name, record.credential.model_ids)
    return heard.host_login if heard else None


def language_of(heard: Heard, session: Session) -> str:
    """The text's own, else the conversation's, else the runtime's hint, else English (section 3)."""
    return pick_language(heard.reading.language, session.talk(heard.conversation).language, heard.message.language)


def tell(
    at: At, record: Record, heard: Heard, step: Step, turn: Turn | None = None, outcome: Outcome | None = None
) -> tuple[Record, Reply | None]:
    """The record with reply and state settled. Where an agent speaks, only a warning about a key is ours to say."""
    told = replace(record, session=_offered(at, step.session, heard.conversation))
    language = turn.language if turn else language_of(heard, step.session)
    scene = _scene(at, told, heard, step, language, turn, outcome)
    reply = speech.reply(step.say or "answer", scene)
    session = told.session.spoke(heard.conversation, language, at.now)
    silent = at.settings.answers == "agent" and not reply.sensitive
    receipt = Receipt(settled=True, reply=None if silent else reply)
    return replace(record, session=session.pruned(at.now), receipt=receipt), receipt.reply


def _offered(at: At, session: Session, conversation: str) -> Session:
    """The session after the offer of a new sign-in, where one is due: so that "yes, sign me in" is understood."""
    if not session.offer_due:
        return session
    if session.state(conversation) is State.IDLE:
        session = session.moved(conversation, State.FAILED, at.now).told(conversation, "login_died", None)
    return replace(session, offer_due=False)


def say_nothing(record: Record, turn: Turn, heard: Heard) -> tuple[Record, Reply]:
    """Handled, and nothing to say: somebody else's message has told the person already."""
    state = resting_state(record.session, heard.conversation, login_of(record, heard) is not None)
    silent = Reply(text="", state=state, language=turn.language)
    return replace(record, receipt=Receipt(settled=True, reply=silent)), silent


def tell_again(at: At, record: Record) -> Reply | None:
    """The stored reply of a message that came again."""
    reply = record.receipt.reply if record.receipt else None
    code = record.session.flow.code if record.session.flow else None
    if reply is None:
        return None
    return reply.again(code_dead=code is None or code.user_code != reply.user_code or not code.alive(at.now))


def _scene(
    at: At,
    record: Record,
    heard: Heard,
    step: Step,
    language: str,
    turn: Turn | None,
    outcome: Outcome | None,
) -> speech.Scene:
    session, login = record.session, login_of(record, heard, outcome)
    talk, flow = session.talk(heard.conversation), session.flow
    trouble = outcome if isinstance(outcome, Troubled | Refused) else None
    wait = timedelta(seconds=trouble.retry_after) if trouble and trouble.retry_after else None
    return speech.Scene(
        language=language,
        state=resting_state(session, heard.conversation, login is not None),
        now=at.now,
        code=flow.code if flow and flow.conversation == heard.conversation else None,
        login=login,
        reason=trouble.reason.value if trouble else talk.reason,
        retry_at=at.now + wait if wait else talk.retry_at,
        outcome=outcome,
        action=turn.action if turn else None,
        dropped_flow=turn is not None and turn.step.before in IN_PROGRESS,
        preface=turn.preface if turn else None,
        remark=turn.remark if turn else None,
        secret=heard.reading.secret,
        offer=step.session.offer_due,
        handoffs=at.settings.handoffs,
    )
