"""Beginning a call: the intent is minted and spent, the state leased, the limit on starts kept."""

import secrets
from dataclasses import replace
from datetime import timedelta

from skill.core.machine import Step
from skill.core.session import INTENT_LASTS, Intent, Lease, Session
from skill.core.states import Action, Event
from skill.errors import Reason
from skill.oauth.outcomes import Troubled
from skill.stores.base import Receipt, Record
from skill.turns.values import At, Turn

LEASE = timedelta(seconds=30)


def mint(at: At, session: Session, conversation: str, action: Action, event: Event, restarts: int = 0) -> Session:
    """The session with the right to one call. One unspent intent per action: the person's newest words count."""
    code = session.flow.code if session.flow else None
    flow = code.pending_id if code and action is Action.POLL else None
    intent = Intent(action, event, conversation, flow, at.now + INTENT_LASTS, restarts)
    return replace(session, intents=(*without(session, action), intent))


def without(session: Session, action: Action) -> tuple[Intent, ...]:
    """The intents that are left once those for `action` are spent."""
    return tuple(intent for intent in session.intents if intent.action is not action)


def begin(at: At, record: Record, turn: Turn, step: Step) -> tuple[Record, Turn, Troubled | None]:
    """Spend the intent and lease the state.

    With a `Troubled`, a limit of ours is reached: the provider must not be asked, that is the outcome.
    """
    session = step.session.pruned(at.now)
    holder = secrets.token_hex(8)
    session = replace(session, intents=without(session, turn.action), lease=Lease(holder, at.now + LEASE))
    wait = _too_many(at, session) if turn.action is Action.START else None
    credential = record.credential
    if turn.action is Action.START and wait is None:
        session = replace(session, starts=(*session.starts, at.now), offer_due=False)
    if turn.action is Action.LOGOUT:
        credential = None  # local use ends now, whatever the provider says
        session = replace(session, login_died=False, offer_due=False)
        session = session.revoking(record.credential.refresh_token, at.now) if record.credential else session
    receipt = Receipt() if turn.heard else record.receipt
    claimed = replace(record, session=session, credential=credential, receipt=receipt)
    leased = replace(turn, step=replace(step, session=session), holder=holder)
    if wait is None:
        return claimed, leased, None
    return claimed, leased, Troubled(Reason.LIMIT, retry_after=max(1, int(wait.total_seconds())))


def _too_many(at: At, session: Session) -> timedelta | None:
    """How long until another start is allowed; None when one is (rule 1)."""
    limits = (
        (at.settings.starts_per_hour, timedelta(hours=1)),
        (at.settings.starts_per_day, timedelta(days=1)),
    )
    for limit, span in limits:
        recent = [start for start in session.starts if at.now - start < span]
        if len(recent) >= limit:
            return recent[-limit] + span - at.now
    return None
