"""One refresh, however many ask for it: callers, tasks, processes and machines (trust.md, sections 1, 2 and 4).

A refresh is leased in the store. Whoever finds a lease waits and takes the new pair; a lease whose holder was killed or
frozen ends by itself. Before sending, the holder looks again whether the lease is still its own. What can't be closed
is the time between that look and the provider's answer: a holder frozen there for longer than its lease may
send a token that another has spent; it then finds the newer pair in the store and takes that.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from weakref import WeakValueDictionary

from skill.core.session import Lease
from skill.core.states import State
from skill.core.trail import REFRESH_REFUSED, REFRESHED, Entry
from skill.doorbell import Doorbell
from skill.errors import NotConnectedError, ProviderError, Reason, ReloginRequiredError
from skill.message import Owner
from skill.oauth.credential import Credential
from skill.oauth.provider import Provider
from skill.oauth.revoker import Revoker
from skill.secret import Secret
from skill.stores.base import Record, Store
from skill.tasks import Tasks

ONE_MORE_TRY = 1  # after an outcome that is unknown (trust.md, section 2)
LEASE = timedelta(seconds=20)  # longer than a refresh may take, see `Settings.timeout`


class Refresher:
    """Renews stored logins, one request at a time and owner."""

    def __init__(
        self, store: Store, provider: Provider, revoker: Revoker, tasks: Tasks, now: Callable[[], datetime]
    ) -> None:
        self._store, self._provider, self._revoker, self._tasks, self._now = store, provider, revoker, tasks, now
        self._doorbell = Doorbell()
        self._gates: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._unsaved: dict[str, tuple[Credential, Credential]] = {}  # used and rotated, where the disk was full

    async def renew(self, owner: Owner, seen: Secret, insist: bool = False) -> Credential:
        """A newer login than the one with the access token `seen`: the stored one, or the fruit of the one refresh.

        After two refreshes of a pair whose outcome is unknown nobody sends it again by itself; `insist` is for a person
        who asks for it.

        Raises `NotConnectedError`, `ReloginRequiredError`, or `ProviderError` for a fault that may pass.
        """
        # Of the callers in this process one at a time asks the store; the others then find the newer pair there.
        async with self._gates.setdefault(owner.key, asyncio.Lock()):
            return await self._renew(owner, seen, insist)

    async def _renew(self, owner: Owner, seen: Secret, insist: bool) -> Credential:
        holder = secrets.token_hex(8)
        while True:
            if owner.key in self._unsaved:
                await self._save(owner)
            stored = (await self._store.read(owner)).credential
            if stored is None:
                raise NotConnectedError
            if stored.access_token != seen:
                return stored
            if stored.uncertain > ONE_MORE_TRY and not insist:
                raise ProviderError(Reason.NETWORK, code="outcome unknown")
            if self._leased(stored) or not await self._store.transact(owner, partial(self._claim, seen, holder)):
                await self._doorbell.wait(owner.key)
                continue
            renewed = await self._tasks.finish(self._refresh(owner, holder))
            if renewed:
                return renewed

    def _leased(self, credential: Credential) -> bool:
        return credential.refreshing is not None and self._now() < credential.refreshing.until

    def _claim(self, seen: Secret, holder: str, record: Record) -> tuple[Record, bool]:
        credential = record.credential
        if credential is None or credential.access_token != seen or self._leased(credential):
            return record, False
        crashed = credential.refreshing is not None  # its holder may have sent it
        lease = Lease(holder, self._now() + LEASE)
        leased = replace(credential, refreshing=lease, uncertain=credential.uncertain + crashed)
        return replace(record, credential=leased), True

    async def _refresh(self, owner: Owner, holder: str) -> Credential | None:
        """Send the one request and store its answer, to the end even if the caller is cancelled. None: too late."""
        try:
            used = (await self._store.read(owner)).credential
            if used is None or used.refreshing is None or used.refreshing.holder != holder or not self._leased(used):
                return None
            try:
                tokens = await self._provider.refresh(used.refresh_token)
            except ProviderError as trouble:
                return await self._failed(owner, used, trouble)
            self._unsaved[owner.key] = used, used.rotated(tokens, self._now())
            return await self._save(owner)
        finally:
            self._doorbell.ring(owner.key)

    async def _save(self, owner: Owner) -> Credential | None:
        """Store the new pair; it stays at hand until that succeeds, for the old one is spent."""
        used, rotated = self._unsaved[owner.key]
        kept = await self._store.transact(owner, partial(self._keep, used, rotated))
        self._unsaved.pop(owner.key, None)
        if kept is None or kept.refresh_token != rotated.refresh_token:  # logged out: a refresh can't undo that
            await self._revoker.end(owner, rotated.refresh_token)
        return kept

    def _keep(self, used: Credential, rotated: Credential, record: Record) -> tuple[Record, Credential | None]:
        """Store the new pair, unless the login ended or was replaced while it was on its way."""
        stored = record.credential
        if stored and stored.refresh_token == used.refresh_token:
            entry = Entry(self._now(), REFRESHED, State.CONNECTED, State.CONNECTED)
            return replace(record, credential=rotated).noting(entry), rotated
        if stored and stored.refresh_token == rotated.refresh_token:
            return record, stored  # another task saved it first
        return replace(record, session=record.session.revoking(rotated.refresh_token, self._now())), stored

    async def _failed(self, owner: Owner, used: Credential, trouble: ProviderError) -> Credential:
        newer = await self._store.transact(owner, partial(self._give_up, used, trouble))
        if newer:
            return newer
        raise (ReloginRequiredError() if trouble.reason is Reason.REFUSED else trouble) from None

    def _give_up(self, used: Credential, trouble: ProviderError, record: Record) -> tuple[Record, Credential | None]:
        """Adopt a newer pair; else remove a login that was refused for good, and keep any other."""
        credential = record.credential
        if credential is None or credential.refresh_token != used.refresh_token:
            return record, credential
        if trouble.reason is Reason.REFUSED:
            session = replace(record.session, login_died=True, offer_due=True)
            entry = Entry(self._now(), REFRESH_REFUSED, State.CONNECTED, State.IDLE, trouble.reason)
            return replace(record, credential=None, session=session).noting(entry), None
        kept = replace(credential, refreshing=None, uncertain=credential.uncertain + trouble.outcome_unknown)
        return replace(record, credential=kept), None
