"""What the seven actions bring back, as values: each knows the machine event that it is, if it is one.

The fields of those that answer are the fields of the tool contract (conversation.md, section 7), in its words.
"""

from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from skill.core.replies import catalogue, languages
from skill.core.session import Authorization, Code
from skill.core.states import Event
from skill.errors import Reason
from skill.oauth.credential import Credential


@dataclass(frozen=True, slots=True)
class Issued:
    """`start` brought a code."""

    code: Code
    event: ClassVar[Event] = Event.CODE_ISSUED


@dataclass(frozen=True, slots=True)
class Authorized:
    """`poll` found the sign-in approved. `credential` is None where a host's own tool keeps the login."""

    credential: Credential | None
    email: str | None
    account_id: str | None
    models: list[str]
    event: ClassVar[Event] = Event.AUTHORIZED


@dataclass(frozen=True, slots=True)
class Pending:
    """`poll` found nothing yet."""

    event: ClassVar[Event] = Event.PENDING


@dataclass(frozen=True, slots=True)
class Refused:
    """`poll` found that this code will never be approved: declined, expired, refused or no entitlement."""

    reason: Reason
    event: ClassVar[Event] = Event.REFUSED
    retry_after: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class Troubled:
    """No answer: the network, the provider, a limit, the storage. Nothing is repeated by itself."""

    reason: Reason
    retry_after: int | None = None  # seconds
    authorization: Authorization | None = None  # of an exchange that surely never left; the next poll resumes there
    event: ClassVar[Event] = Event.TROUBLED


@dataclass(frozen=True, slots=True)
class StatusReport:
    """`status`: whether, as whom, until when."""

    connected: bool
    state: str
    email: str | None = None
    account_id: str | None = None
    plan: str | None = None
    expires_at: datetime | None = None
    verified_at: datetime | None = None
    handed_to: str | None = None  # who keeps the login, where it was handed over
    sealed_by: str | None = None  # where the key of the store comes from: `setting`, `keyring` or `file`
    clock_skew: int | None = None  # seconds that this machine is ahead of the provider; only over 120
    event: ClassVar[Event | None] = None


@dataclass(frozen=True, slots=True)
class ModelsReport:
    """`models`: ids with their prefix, and how fresh they are: `live`, `cache` or `fallback`."""

    models: list[str]
    source: str
    fetched_at: datetime | None = None
    event: ClassVar[Event | None] = None


@dataclass(frozen=True, slots=True)
class UsageWindow:
    """One window of the plan: its length in seconds, its used share in percent, when it is empty again."""

    seconds: int | None
    used_percent: float | None
    resets_at: datetime | None


@dataclass(frozen=True, slots=True)
class UsageReport:
    """`usage`: how much of the subscription is used."""

    plan: str | None
    windows: list[UsageWindow] = field(default_factory=list)
    source: str = "live"
    fetched_at: datetime | None = None
    event: ClassVar[Event | None] = None


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """`logout`: whether there was a login, and whether the provider confirmed its end."""

    removed: bool
    revoked: bool
    event: ClassVar[Event | None] = None


@dataclass(frozen=True, slots=True)
class Refreshed:
    """`refresh`: the pair was rotated."""

    expires_at: datetime | None
    event: ClassVar[Event | None] = None


@dataclass(frozen=True, slots=True)
class LoginDied:
    """The provider refused the login for good; it is removed already."""

    event: ClassVar[Event] = Event.LOGIN_DIED


@dataclass(frozen=True, slots=True)
class NotConnected:
    """There is no login to ask about."""

    event: ClassVar[Event | None] = None


@dataclass(frozen=True, slots=True)
class Denied:
    """The guard said no before anything was called: a stable error code, and seconds to wait where that helps."""

    error: str
    retry_after: int | None = None


Report = StatusReport | ModelsReport | UsageReport | LoggedOut | Refreshed
Outcome = Issued | Authorized | Pending | Refused | Troubled | Report | LoginDied | NotConnected


def in_contract(outcome: Outcome | Denied) -> dict[str, Any]:
    """The plain dict of the tool contract. Words come from the catalogue alone, never from the provider."""
    match outcome:
        case Issued(code):
            shown = _plain(code)
            return {"ok": True} | {name: shown[name] for name in _ISSUED}
        case Authorized(email=email, models=models):
            return {"ok": True, "status": "connected", "email": email, "models": models}
        case Pending():
            return {"ok": True, "status": "pending"}
        case Refused(reason):
            return {"ok": True, "status": "failed", "reason": reason.value}
        case Troubled(reason, retry_after):
            return _failure(reason.code, retry_after)
        case Denied(error, retry_after):
            return _failure(error, retry_after)
        case LoginDied():
            return _failure("relogin_required")
        case NotConnected():
            return _failure("not_connected")
    plain: dict[str, Any] = _plain(outcome)
    return {"ok": True} | plain


_ISSUED = ("verification_url", "user_code", "pending_id", "expires_at", "interval")


def _plain(value: Any) -> Any:
    """A dataclass as a dict, moments as ISO 8601 text."""
    if is_dataclass(value):
        return {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value


def _failure(error: str, retry_after: int | None = None) -> dict[str, Any]:
    words = catalogue(languages()[0])
    wait = words.duration(timedelta(seconds=retry_after or 60))
    failure: dict[str, Any] = {"ok": False, "error": error, "message": words.text(f"error_{error}", wait=wait)}
    return failure | ({"retry_after": retry_after} if retry_after else {})
