"""The life of a login: refreshed once however many ask, read from a cache while it is fresh, ended for good.

A refresh is leased in the store, so that callers, tasks and processes that hit the same dead token cause one
request: the others wait and take the new pair (trust.md, sections 1 and 4). Nothing is removed without the
provider's proof (section 2).
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from skill.core.session import Lease
from skill.doorbell import Doorbell
from skill.errors import NotConnectedError, ProviderError, Reason, ReloginRequiredError
from skill.message import Owner
from skill.oauth.credential import Credential
from skill.oauth.provider import Provider
from skill.secret import Secret
from skill.stores.base import Record, Store
from skill.tasks import Tasks

REFRESH_LEASE = timedelta(seconds=20)  # longer than any refresh may take

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Claim:
    """What the store says to a caller that wants a new pair."""

    credential: Credential | None
    mine: bool  # this caller refreshes; else the credential is already the newer one, or someone is at it


class Logins:
    """All that is done with a stored login, for every owner."""

    def __init__(self, store: Store, provider: Provider, tasks: Tasks, now: Callable[[], datetime]) -> None:
        self._store, self._provider, self._tasks, self._now = store, provider, tasks, now
        self._doorbell = Doorbell()

    async def current(self, owner: Owner) -> Credential:
        """The login, refreshed first if it is about to expire.

        Raises `NotConnectedError`, `ReloginRequiredError` or `ProviderError`.
        """
        credential = (await self._store.read(owner)).credential
        if credential is None:
            raise NotConnectedError
        if not credential.due(self._now()):
            return credential
        try:
            return await self.renew(owner, credential.access_token)
        except ProviderError:
            if credential.expires_at and self._now() < credential.expires_at:
                return credential  # a failed refresh ahead of time costs nothing while the token lives
            raise

    async def renew(self, owner: Owner, seen: Secret) -> Credential:
        """A newer pair than `seen`: the stored one if there is one, else the result of the one refresh."""
        holder = secrets.token_hex(8)
        while True:
            claim = await self._store.transact(owner, lambda record: self._claim(record, seen, holder))
            if claim.credential is None:
                raise NotConnectedError
            if claim.mine:
                return await self._tasks.finish(self._refresh(owner, claim.credential))
            if claim.credential.access_token != seen:
                return claim.credential
            await self._doorbell.wait(owner.key)

    def _claim(self, record: Record, seen: Secret, holder: str) -> tuple[Record, _Claim]:
        credential, now = record.credential, self._now()
        if credential is None or credential.access_token != seen:
            return record, _Claim(credential, mine=False)
        if credential.refreshing and now < credential.refreshing.until:
            return record, _Claim(credential, mine=False)
        leased = replace(credential, refreshing=Lease(holder, now + REFRESH_LEASE))
        return replace(record, credential=leased), _Claim(leased, mine=True)

    async def _refresh(self, owner: Owner, credential: Credential) -> Credential:
        """Send the one request and store its answer; runs to its end even if the caller is cancelled."""
        try:
            tokens = await self._provider.refresh(credential.refresh_token)
        except ProviderError as trouble:
            kept = await self._store.transact(owner, partial(self._give_up, credential, trouble))
            if kept:
                return kept
            raise (ReloginRequiredError() if trouble.reason is Reason.REFUSED else trouble) from None
        else:
            rotated = credential.rotated(tokens, self._now())
            kept = await self._store.transact(owner, lambda record: self._keep(record, credential, rotated))
            if kept is None:  # logged out meanwhile, and a refresh can't undo that
                await self.revoke(rotated)
                raise NotConnectedError
            return kept
        finally:
            self._doorbell.ring(owner.key)

    def _keep(self, record: Record, used: Credential, rotated: Credential) -> tuple[Record, Credential | None]:
        """Store the new pair, unless the login ended or was replaced while it was on its way."""
        if record.credential is None or record.credential.refresh_token != used.refresh_token:
            return record, record.credential
        kept = replace(rotated, version=record.credential.version)
        return replace(record, credential=kept), kept

    def _give_up(self, used: Credential, trouble: ProviderError, record: Record) -> tuple[Record, Credential | None]:
        """Adopt a newer pair; else remove a login that was refused for good, and keep any other."""
        credential = record.credential
        if credential is None:
            return record, None
        if credential.refresh_token != used.refresh_token:
            return record, credential
        if trouble.reason is Reason.REFUSED:
            session = replace(record.session, login_died=True, offer_due=True)
            return replace(record, credential=None, session=session), None
        kept = replace(credential, refreshing=None, uncertain=trouble.sent and not trouble.status)
        return replace(record, credential=kept), None

    async def ask(self, owner: Owner, question: Callable[[Credential], Awaitable[Answer]]) -> Answer:
        """Ask the backend with the login; after a 401 refresh once and ask once more (section 9)."""
        credential = await self.current(owner)
        try:
            return await question(credential)
        except ProviderError as refused:
            if refused.reason is not Reason.REFUSED:
                raise
        return await question(await self.renew(owner, credential.access_token))

    async def remember(self, owner: Owner, change: Callable[[Credential], Credential]) -> None:
        """Keep what was read with the login, if there still is one."""

        def keep(record: Record) -> tuple[Record, None]:
            return (replace(record, credential=change(record.credential)) if record.credential else record), None

        await self._store.transact(owner, keep)

    async def revoke(self, credential: Credential) -> bool:
        """End it at the provider, best effort. True when the provider confirmed."""
        try:
            await self._provider.revoke(credential.refresh_token)
        except ProviderError:
            return False
        return True
