"""What a decided step leaves in the audit trail."""

from skill.core.machine import Step
from skill.core.trail import Entry
from skill.stores.base import Record
from skill.turns.values import At


def noted(at: At, record: Record, conversation: str, step: Step, reason: str | None = None) -> Record:
    """The record with the step's entry; `record.session` is the one before it."""
    if step.event is None:
        return record
    since = record.session.talk(conversation).since
    seconds = int((at.now - since).total_seconds()) if since else None
    return record.noting(Entry(at.now, step.event.value, step.before, step.state, reason, seconds))
