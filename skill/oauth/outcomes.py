"""What the seven actions bring back: values, each of which knows its machine event and its form in the tool contract.

conversation.md, section 7, gives the forms. `Troubled` is any action's answer when none was to be had.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from skill.core.replies import catalogue, languages
from skill.core.session import Authorization, Code
from skill.core.states import Event
from skill.errors import Reason
from skill.oauth.credential import Credential


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


@dataclass(frozen=True, slots=True)
class Issued:
    """`start` brought a code."""

    code: Code
    event: ClassVar[Event] = Event.CODE_ISSUED

    def as_dict(self) -> dict[str, Any]:
        code = self.code
        shown = {
            "verification_url": code.verification_url,
            "user_code": code.user_code,
            "pending_id": code.pending_id,
        }
        return shown | {"expires_at": _iso(code.expires_at), "interval": code.interval}


@dataclass(frozen=True, slots=True)
class Authorized:
    """`poll` found the sign-in approved. `credential` is None where a host's own tool keeps the login."""

    credential: Credential | None
    email: str | None
    account_id: str | None
    models: list[str]
    event: ClassVar[Event] = Event.AUTHORIZED

    def as_dict(self) -> dict[str, Any]:
        return {"status": "connected", "email": self.email, "models": self.models}


@dataclass(frozen=True, slots=True)
class Pending:
    """`poll` found nothing yet."""

    event: ClassVar[Event] = Event.PENDING

    def as_dict(self) -> dict[str, Any]:
        return {"status": "pending"}


@dataclass(frozen=True, slots=True)
class Refused:
    """`poll` found that this code will never be approved: declined, expired, refused or no entitlement."""

    reason: Reason
    event: ClassVar[Event] = Event.REFUSED
    retry_after: ClassVar[int | None] = None

    def as_dict(self) -> dict[str, Any]:
        return {"status": "failed", "reason": self.reason.value}


@dataclass(frozen=True, slots=True)
class Troubled:
    """No answer: the network, the provider, a limit, the storage. Nothing is repeated by itself."""

    reason: Reason
    retry_after: int | None = None
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
    event: ClassVar[Event | None] = None

    def as_dict(self) -> dict[str, Any]:
        login = {"email": self.email, "account_id": self.account_id, "plan": self.plan}
        times = {"expires_at": _iso(self.expires_at), "verified_at": _iso(self.verified_at)}
        return {"state": self.state, "connected": self.connected} | login | times


@dataclass(frozen=True, slots=True)
class ModelsReport:
    """`models`: ids with their prefix, and how fresh they are."""

    models: list[str]
    source: str  # live, cache or fallback
    fetched_at: datetime | None = None
    event: ClassVar[Event | None] = None

    def as_dict(self) -> dict[str, Any]:
        return {"models": self.models, "source": self.source, "fetched_at": _iso(self.fetched_at)}


@dataclass(frozen=True, slots=True)
class UsageWindow:
    """One window of the plan: its length, its used share in percent, when it is empty again."""

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

    def as_dict(self) -> dict[str, Any]:
        windows = [
            {
                "seconds": window.seconds,
                "used_percent": window.used_percent,
                "resets_at": _iso(window.resets_at),
            }
            for window in self.windows
        ]
        return {
            "plan": self.plan,
            "windows": windows,
            "source": self.source,
            "fetched_at": _iso(self.fetched_at),
        }


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """`logout`: whether there was a login, and whether the provider confirmed its end."""

    removed: bool
    revoked: bool
    event: ClassVar[Event | None] = None

    def as_dict(self) -> dict[str, Any]:
        return {"removed": self.removed, "revoked": self.revoked}


@dataclass(frozen=True, slots=True)
class Refreshed:
    """`refresh`: the pair was rotated."""

    expires_at: datetime | None
    event: ClassVar[Event | None] = None

    def as_dict(self) -> dict[str, Any]:
        return {"expires_at": _iso(self.expires_at)}


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


Answer = Issued | Authorized | Pending | Refused | StatusReport | ModelsReport | UsageReport | LoggedOut | Refreshed
Outcome = Answer | Troubled | LoginDied | NotConnected


def in_contract(outcome: Outcome | Denied) -> dict[str, Any]:
    """The plain dict of the tool contract. Words come from the catalogue alone, never from the provider."""
    match outcome:
        case Denied(error, retry_after):
            return _failure(error, retry_after)
        case Troubled(reason, retry_after):
            return _failure(reason.code, retry_after)
        case LoginDied():
            return _failure("relogin_required")
        case NotConnected():
            return _failure("not_connected")
    return {"ok": True} | outcome.as_dict()


def _failure(error: str, retry_after: int | None = None) -> dict[str, Any]:
    words = catalogue(languages()[0])
    wait = words.duration(timedelta(seconds=retry_after or 60))
    failure: dict[str, Any] = {"ok": False, "error": error, "message": words.text(f"error_{error}", wait=wait)}
    return failure | ({"retry_after": retry_after} if retry_after else {})
