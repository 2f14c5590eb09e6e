"""A host's own `openai_oauth` behind our seam (conversation.md, section 7, last paragraph).

The machine relies on verification_url, user_code, pending_id, status and email alone; what else comes is a bonus.
"""

import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from skill.core.session import Code, Flow
from skill.errors import Reason
from skill.message import Owner
from skill.oauth import wire
from skill.oauth.credential import PREFIX, STATIC_MODELS, Credential
from skill.oauth.outcomes import (
    Authorized,
    Issued,
    LoggedOut,
    LoginDied,
    ModelsReport,
    NotConnected,
    Outcome,
    Pending,
    Refreshed,
    Refused,
    StatusReport,
    Troubled,
    UsageReport,
    UsageWindow,
)
from skill.oauth.tool import Keep
from skill.settings import Settings

HostCallable = Callable[..., Awaitable[Mapping[str, Any]]]

log = logging.getLogger(__name__)

_REASONS = {reason.code: reason for reason in Reason if reason.code != "provider_error"}
_FAILURES = {"declined": Reason.DECLINED, "expired": Reason.EXPIRED}


class HostTool:
    """Translates the host's dicts into outcomes; see `Tool`."""

    keeps_logins = True

    def __init__(self, call: HostCallable, settings: Settings, now: Callable[[], datetime]) -> None:
        self._call, self._settings, self._now = call, settings, now
        accepted = inspect.signature(call).parameters
        takes_all = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in accepted.values())
        # A host that serves several people may want to be told whose turn it is.
        self._identity = [name for name in ("user_id", "platform", "account") if takes_all or name in accepted]

    async def start(self, owner: Owner) -> Outcome:
        answer = await self._ask(owner, "start")
        if not isinstance(answer, Mapping):
            return answer
        user_code, pending_id = answer.get("user_code"), answer.get("pending_id")
        if (
            not isinstance(user_code, str)
            or not re.fullmatch(wire.USER_CODE, user_code)
            or not isinstance(pending_id, str)
        ):
            return Troubled(Reason.PROVIDER)
        expires_at = wire.runs_out(wire.moment(answer.get("expires_at")), self._now())
        return Issued(Code(user_code, self._shown(answer.get("verification_url"), user_code), pending_id, expires_at))

    async def poll(self, owner: Owner, flow: Flow, keep: Keep) -> Outcome:
        assert flow.code  # noqa: S101 (the machine polls only with a code on screen)
        answer = await self._ask(owner, "poll", pending_id=flow.code.pending_id)
        if not isinstance(answer, Mapping):
            return answer
        match answer.get("status"):
            case "connected":
                name = wire.printable(answer.get("email")), wire.printable(answer.get("account_id"))
                return Authorized(None, *name, _models(answer))
            case "pending" if flow.code.alive(self._now()):
                return Pending()
            case "pending":
                return Refused(Reason.EXPIRED)
            case "failed":
                return Refused(_FAILURES.get(str(answer.get("reason")), Reason.REFUSED))
        return Troubled(Reason.PROVIDER)

    async def status(self, owner: Owner, credential: Credential | None, state: str) -> Outcome:
        answer = await self._ask(owner, "status")
        if not isinstance(answer, Mapping):
            return answer
        connected = answer.get("connected") is True or answer.get("status") == "connected"
        who = wire.printable(answer.get("email")), wire.printable(answer.get("account_id"))
        times = wire.moment(answer.get("expires_at")), wire.moment(answer.get("verified_at"))
        return StatusReport(connected, state, *who, wire.printable(answer.get("plan")), *times)

    async def logout(self, owner: Owner, credential: Credential | None) -> Outcome:
        answer = await self._ask(owner, "logout")
        if not isinstance(answer, Mapping):
            return answer
        removed = answer.get("removed", True) is not False
        return LoggedOut(removed, removed and answer.get("revoked") is True)

    async def refresh(self, owner: Owner, seen: Credential | None) -> Outcome:
        answer = await self._ask(owner, "refresh")
        if not isinstance(answer, Mapping):
            return answer
        return Refreshed(wire.moment(answer.get("expires_at")))

    async def models(self, owner: Owner, force: bool = False) -> Outcome:
        answer = await self._ask(owner, "models", force=force)
        if not isinstance(answer, Mapping):
            return answer
        return ModelsReport(_models(answer), "live" if answer.get("source") == "live" else "cache")

    async def usage(self, owner: Owner, force: bool = False) -> Outcome:
        answer = await self._ask(owner, "usage", force=force)
        if not isinstance(answer, Mapping):
            return answer
        rows = answer.get("windows")
        windows = [_window(row) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
        return UsageReport(wire.printable(answer.get("plan")), windows)

    async def read_models(self, credential: Credential) -> Credential | None:
        """They came with the poll's answer."""

    async def revoke(self, owner: Owner, credential: Credential) -> None:
        """Nothing of the host's is ours to revoke."""

    async def _ask(
        self, owner: Owner, action: str, **arguments: Any
    ) -> Mapping[str, Any] | Troubled | NotConnected | LoginDied:
        identity = {name: getattr(owner, name) for name in self._identity}
        try:
            answer = await self._call(action, **arguments, **identity)
        except Exception as fault:  # noqa: BLE001 (a host may raise anything; its words are not ours to show)
            log.warning("the host's openai_oauth %s raised %s", action, type(fault).__name__)
            return Troubled(Reason.PROVIDER)
        if not isinstance(answer, Mapping):
            return Troubled(Reason.PROVIDER)
        return answer if answer.get("ok", True) else _refusal(answer)

    def _shown(self, url: object, user_code: str) -> str:
        """The host's URL if it is https on the issuer's host, without query and fragment; else our own (rule 3)."""
        parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
        foreign = parts.scheme != "https" or parts.netloc != urlsplit(self._settings.issuer).netloc
        if foreign or _letters(user_code) in _letters(parts.path):
            return self._settings.verification_url
        return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


def _letters(text: str) -> str:
    """However a code is written: case, hyphens and escapes don't hide it."""
    return "".join(filter(str.isalnum, unquote(text).lower()))


def _refusal(answer: Mapping[str, Any]) -> Troubled | NotConnected | LoginDied:
    match answer.get("error"), answer.get("retry_after"):
        case "not_connected", _:
            return NotConnected()
        case "relogin_required", _:
            return LoginDied()
        case code, int(wait):
            return Troubled(_REASONS.get(str(code), Reason.PROVIDER), wait)
        case code, _:
            return Troubled(_REASONS.get(str(code), Reason.PROVIDER))


def _models(answer: Mapping[str, Any]) -> list[str]:
    rows = answer.get("models")
    names = [row for row in rows if isinstance(row, str)] if isinstance(rows, list) else []
    return [PREFIX + name.removeprefix(PREFIX) for name in names or STATIC_MODELS]


def _window(row: Mapping[str, Any]) -> UsageWindow:
    seconds, used = row.get("seconds"), row.get("used_percent")
    return UsageWindow(
        int(seconds) if isinstance(seconds, int | float) else None,
        float(used) if isinstance(used, int | float) else None,
        wire.moment(row.get("resets_at")),
    )
