"""Using a stored login: fresh when it is needed, asked again once after a 401, changed only while it exists."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from skill.errors import NotConnectedError, ProviderError, Reason
from skill.message import Owner
from skill.oauth.credential import Credential
from skill.oauth.refresh import Refresher
from skill.stores.base import Record, Store

Answer = TypeVar("Answer")


class Logins:
    """The logins of every owner."""

    def __init__(self, store: Store, refresher: Refresher, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self.renew = refresher.renew

    @property
    def sealed_by(self) -> str | None:
        """Where the key comes from that they are sealed with."""
        return self._store.sealed_by

    async def handed_to(self, owner: Owner) -> str | None:
        """Who keeps the login that this owner had here."""
        return (await self._store.read(owner)).session.handed_to

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
