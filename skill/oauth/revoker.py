"""Ending logins at the provider: tried at once, and again later from what the store remembers.

openai-codex-protocol.md, section 7: best effort; what is local ends whatever the provider says.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from skill.core.session import Revocation
from skill.errors import ProviderError
from skill.message import Keyed
from skill.oauth.provider import Provider
from skill.secret import Secret
from skill.stores.base import Record, Store


class Revoker:
    """Every revocation goes through here; a session keeps those that are not confirmed yet."""

    def __init__(self, store: Store, provider: Provider, now: Callable[[], datetime]) -> None:
        self._store, self._provider, self._now = store, provider, now

    async def end(self, owner: Keyed, refresh_token: Secret) -> bool:
        """Revoke a login that the owner's session already remembers to end. True when the provider confirmed."""
        confirmed = await self._try(refresh_token)
        await self._store.transact(owner, partial(self._tried, refresh_token, confirmed))
        return confirmed

    async def tidy(self, owner: Keyed) -> None:
        """Try again what is due."""
        for revocation in (await self._store.read(owner)).session.revocations:
            if revocation.next_at <= self._now():
                await self.end(owner, revocation.refresh_token)

    async def _try(self, refresh_token: Secret) -> bool:
        try:
            await self._provider.revoke(refresh_token)
        except ProviderError:
            return False
        return True

    def _tried(self, refresh_token: Secret, confirmed: bool, record: Record) -> tuple[Record, None]:
        left = tuple(
            again
            for row in record.session.revocations
            if (again := self._after(row, refresh_token, confirmed)) is not None
        )
        return replace(record, session=replace(record.session, revocations=left)), None

    def _after(self, row: Revocation, refresh_token: Secret, confirmed: bool) -> Revocation | None:
        if row.refresh_token != refresh_token:
            return row
        return None if confirmed else row.later(self._now())
