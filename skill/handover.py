"""Handing a login over: two programs that share a rotating token destroy it, so it has one owner."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from skill.core.states import State
from skill.core.trail import GIVEN_BACK, HANDED_OVER, Entry
from skill.message import Owner
from skill.oauth import wire
from skill.oauth.credential import Credential
from skill.oauth.logins import Logins
from skill.secret import Secret
from skill.stores.base import Record, Store


@dataclass(frozen=True, slots=True)
class Handover:
    """A login on its way to whoever keeps it from now on."""

    access_token: Secret
    refresh_token: Secret
    id_token: Secret | None
    account_id: str | None
    email: str | None
    plan: str | None
    expires_at: datetime | None
    rotated_at: datetime | None


class Handovers:
    """Moves logins out of the store. By a command or a runtime's call alone; no message and no tool leads here."""

    def __init__(self, store: Store, logins: Logins, now: Callable[[], datetime]) -> None:
        self._store, self._logins, self._now = store, logins, now

    async def take(self, owner: Owner, to: str, fits: Callable[[Credential], None] = lambda _: None) -> Handover:
        """The login, which `to` keeps from now on: it is neither used nor refreshed here any more.

        It leaves the store, and the mark that it did is durable, before this returns; so at no point are there two
        owners. A crash between the two loses the tokens, not the account: `status` names the new keeper though it
        never got them, and signing in again brings a new login. A pair whose refresh is in flight, or was never
        answered, is renewed first, for it may be spent. `fits` may refuse by raising; nothing is changed then.
        Raises `NotConnectedError`, `ReloginRequiredError` and `ProviderError`, and `ValueError` for an empty `to`.
        """
        keeper = wire.printable(to)
        if keeper is None:
            raise ValueError("name in `to` who keeps the login from now on")
        while True:
            login = await self._logins.current(owner)
            if _doubtful(login):
                await self._logins.renew(owner, login.access_token)
                continue
            fits(login)
            if await self._store.transact(owner, partial(_leave, login, keeper, self._now())):
                return Handover(**{name: getattr(login, name) for name in Handover.__slots__})

    async def give_back(self, owner: Owner, handover: Handover) -> bool:
        """Undo `take`, for tokens that surely reached nobody. False if the person has signed in anew meanwhile."""
        return await self._store.transact(owner, partial(_return, handover, self._now()))


def _doubtful(login: Credential) -> bool:
    return login.refreshing is not None or login.uncertain > 0


def _leave(used: Credential, keeper: str, now: datetime, record: Record) -> tuple[Record, bool]:
    login = record.credential
    if login is None or login.access_token != used.access_token or _doubtful(login):
        return record, False
    session = replace(record.session, handed_to=keeper, login_died=False, offer_due=False)
    entry = Entry(now, HANDED_OVER, State.CONNECTED, State.IDLE)
    return replace(record, credential=None, session=session).noting(entry), True


def _return(handover: Handover, now: datetime, record: Record) -> tuple[Record, bool]:
    if record.credential or record.session.handed_to is None:
        return record, False
    login = Credential(**{name: getattr(handover, name) for name in Handover.__slots__})
    entry = Entry(now, GIVEN_BACK, State.IDLE, State.CONNECTED)
    session = replace(record.session, handed_to=None)
    return replace(record, credential=login, session=session).noting(entry), True
