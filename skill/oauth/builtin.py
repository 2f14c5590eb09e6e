"""Our own `openai_oauth`: the seven actions against the provider (conversation.md, section 7).

No action asks whether it may: the one guard is `machine.may`, before any of these is called.
"""

import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from skill.core.session import Authorization, Code, Flow
from skill.errors import NotConnectedError, ProviderError, Reason, ReloginRequiredError
from skill.message import Owner
from skill.oauth import wire
from skill.oauth.credential import Credential
from skill.oauth.logins import Logins
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
from skill.oauth.provider import Provider
from skill.oauth.revoker import Revoker
from skill.oauth.tool import Keep
from skill.settings import Settings

FINAL = frozenset({Reason.DECLINED, Reason.EXPIRED, Reason.REFUSED, Reason.NO_ENTITLEMENT})

log = logging.getLogger(__name__)


class BuiltinTool:
    """The seven actions over the stored logins; see `Tool`."""

    keeps_logins = False

    def __init__(
        self, settings: Settings, provider: Provider, logins: Logins, revoker: Revoker, now: Callable[[], datetime]
    ) -> None:
        self._settings, self._provider, self._logins, self._revoker, self._now = (
            settings,
            provider,
            logins,
            revoker,
            now,
        )

    async def start(self, owner: Owner) -> Outcome:
        """Mint a code. `pending_id` is ours: neither the user code nor the provider's device id."""
        try:
            return Issued(await self._provider.start(secrets.token_urlsafe(16)))
        except ProviderError as trouble:
            return Troubled(trouble.reason, trouble.retry_after)

    async def poll(self, owner: Owner, flow: Flow, keep: Keep) -> Outcome:
        """One poll and, if it was approved, the exchange; or only the exchange, where a poll's fruit is waiting.

        `keep` seals the authorization before it is sent, and says whether this flow still goes on.
        """
        if flow.code is None or (flow.authorization and flow.authorization.maybe_sent):
            return Refused(Reason.REFUSED)  # it may have been sent before a crash: never twice
        try:
            authorization = flow.authorization or await self._provider.poll(flow.code)
        except ProviderError as trouble:
            return Refused(trouble.reason) if trouble.reason in FINAL else Troubled(trouble.reason, trouble.retry_after)
        if authorization is None:
            return self._pending(flow.code)
        if not await keep(replace(authorization, maybe_sent=True)):
            return Pending()
        return await self._exchange(authorization)

    def _pending(self, code: Code) -> Outcome:
        """Rule 2: `pending` after the code ran out counts as expired."""
        return Pending() if code.alive(self._now()) else Refused(Reason.EXPIRED)

    async def _exchange(self, authorization: Authorization) -> Outcome:
        try:
            tokens = await self._provider.exchange(authorization)
        except ProviderError as trouble:
            if trouble.sent:  # known or unknown, it is not repeated
                return Refused(trouble.reason if trouble.reason in FINAL else Reason.REFUSED)
            return Troubled(trouble.reason, authorization=replace(authorization, maybe_sent=False))
        assert tokens.access_token and tokens.refresh_token  # noqa: S101 (the exchange saw to it)
        fresh = Credential(tokens.access_token, tokens.refresh_token).rotated(tokens, self._now())
        return Authorized(fresh, fresh.email, fresh.account_id, fresh.model_ids)

    async def read_models(self, credential: Credential) -> Credential | None:
        """With the account's own list; None where it can't be read now. Asked once the login is safe in the store."""
        try:
            return await self._with_models(credential)
        except ProviderError as trouble:
            log.debug("the model list has to wait: %s", trouble)
            return None

    async def status(self, owner: Owner, credential: Credential | None, state: str) -> Outcome:
        """Read off the stored login; the provider is not asked."""
        here: dict[str, Any] = {"sealed_by": self._logins.sealed_by, "clock_skew": self._provider.clock_skew}
        if credential is None:
            return StatusReport(connected=False, state=state, handed_to=await self._logins.handed_to(owner), **here)
        who = credential.email, credential.account_id, credential.plan
        return StatusReport(True, state, *who, credential.expires_at, credential.verified_at, **here)

    async def logout(self, owner: Owner, credential: Credential | None) -> Outcome:
        """The login is gone from the store already; end it at the provider too."""
        if credential is None:
            return LoggedOut(removed=False, revoked=False)
        return LoggedOut(removed=True, revoked=await self._revoker.end(owner, credential.refresh_token))

    async def refresh(self, owner: Owner, seen: Credential | None) -> Outcome:
        """Rotate the pair, unless somebody did since `seen`."""

        async def renew() -> Outcome:
            if seen is None:
                return NotConnected()
            return Refreshed((await self._logins.renew(owner, seen.access_token, insist=True)).expires_at)

        return await _answered(renew())

    async def models(self, owner: Owner, force: bool = False) -> Outcome:
        """The account's list: cached within its TTL unless `force`, stale or static where it can't be read."""

        async def ask() -> Outcome:
            credential = await self._logins.current(owner)
            if not force and self._young(credential.models_at, self._settings.models_ttl):
                return ModelsReport(credential.model_ids, "cache", credential.models_at)
            try:
                read = await self._logins.ask(owner, self._with_models)
            except ProviderError:
                source = "cache" if credential.models else "fallback"
                return ModelsReport(credential.model_ids, source, credential.models_at)
            await self._remember_models(owner, read)
            return ModelsReport(read.model_ids if read.models else credential.model_ids, "live", read.models_at)

        return await _answered(ask())

    async def usage(self, owner: Owner, force: bool = False) -> Outcome:
        """The plan's windows: cached within their TTL unless `force`, stale where they can't be read."""

        async def ask() -> Outcome:
            credential = await self._logins.current(owner)
            source, usage, fetched_at = "cache", credential.usage, credential.usage_at
            if usage is None or force or not self._young(fetched_at, self._settings.usage_ttl):
                try:
                    usage = await self._logins.ask(owner, self._read_usage)
                except ProviderError:
                    if usage is None:
                        raise
                else:
                    source, fetched_at = "live", self._now()
                    read = {"usage": usage, "usage_at": fetched_at, "verified_at": fetched_at}
                    await self._logins.remember(owner, lambda login: replace(login, **read))  # type: ignore[arg-type]
            windows = [_window(window, fetched_at or self._now()) for window in usage.windows]
            return UsageReport(usage.plan_type or credential.plan, windows, source, fetched_at)

        return await _answered(ask())

    async def revoke(self, owner: Owner, credential: Credential) -> None:
        """End a login that came too late to be kept."""
        await self._revoker.end(owner, credential.refresh_token)

    async def _read_usage(self, credential: Credential) -> wire.Usage:
        return await self._provider.usage(credential.access_token, credential.account_id)

    async def _with_models(self, credential: Credential) -> Credential:
        read = await self._provider.models(credential.access_token, credential.account_id, credential.models_etag)
        seen = replace(credential, models_at=self._now(), verified_at=self._now())
        return replace(seen, models=read.slugs, models_etag=read.etag) if read else seen

    async def _remember_models(self, owner: Owner, read: Credential) -> None:
        seen = {
            "models": read.models,
            "models_at": read.models_at,
            "models_etag": read.models_etag,
            "verified_at": read.verified_at,
        }
        await self._logins.remember(owner, lambda login: replace(login, **seen))  # type: ignore[arg-type]

    def _young(self, moment: datetime | None, ttl: int) -> bool:
        return moment is not None and self._now() - moment < timedelta(seconds=ttl)


async def _answered(work: Awaitable[Outcome]) -> Outcome:
    """The outcome of a call that needs a login, its faults turned into outcomes."""
    try:
        return await work
    except NotConnectedError:
        return NotConnected()
    except ReloginRequiredError:
        return LoginDied()
    except ProviderError as trouble:
        return Troubled(trouble.reason, trouble.retry_after)


def _window(window: wire.Window, read_at: datetime) -> UsageWindow:
    return UsageWindow(window.limit_window_seconds, window.used_percent, window.resets(read_at))
