"""Forgetting a person: first nothing can be used or written any more, then the login ends, then the rows go."""

from dataclasses import dataclass, replace

from skill.secret import Secret
from skill.stores.base import Record


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows were deleted, how many logins were to end, and how many the provider didn't confirm."""

    rows: int
    logins: int
    unconfirmed: int


def cut_off(record: Record) -> tuple[Record, tuple[Secret, ...]]:
    """The record without flow, intents and login, so that what is in flight is discarded; and the tokens to end."""
    session, login = record.session, record.credential
    tokens = [revocation.refresh_token for revocation in session.revocations]
    ended = replace(session, flow=None, intents=(), lease=None, revocations=())
    if ended != session or login:
        record = replace(record, session=ended, credential=None)
    return record, (*tokens, *([login.refresh_token] if login else []))
