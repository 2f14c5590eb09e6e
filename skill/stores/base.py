"""What a store is to the rest: one read, and one kind of write."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, TypeVar

from skill.core.session import Session
from skill.core.trail import Entry
from skill.message import Keyed, OwnerKey, Reply
from skill.oauth.credential import Credential

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Receipt:
    """One message that was claimed. Until it is settled, its turn is in flight."""

    settled: bool = False
    reply: Reply | None = None  # None once settled: the message passed through, or an agent answers it


@dataclass(frozen=True, slots=True)
class Record:
    """All that is stored of one person, as far as one message needs it. Changed by making a new one."""

    session: Session = field(default_factory=Session)
    credential: Credential | None = None
    receipt: Receipt | None = None
    trail: tuple[Entry, ...] = ()  # what a change did; empty when read

    def noting(self, entry: Entry) -> "Record":
        """The record with one more entry."""
        return replace(self, trail=(*self.trail, entry))


@dataclass(frozen=True, slots=True)
class Swept:
    """One batch of upkeep."""

    due: list[OwnerKey]
    more: bool  # whether there may be another batch


Change = Callable[[Record], tuple[Record, Result]]


class Store(Protocol):
    """All raise `StorageError`, and nothing else, when the database can't do it."""

    @property
    def sealed_by(self) -> str | None:
        """Where the key comes from; None before the first use."""
        ...

    async def read(self, owner: Keyed, message_key: str | None = None) -> Record:
        """One indexed read, outside any transaction."""
        ...

    async def transact(self, owner: Keyed, change: Change[Result], message_key: str | None = None) -> Result:
        """Read, let the pure `change` decide, write what it changed: one transaction, all or nothing.

        `change` may be called again if another writer came first.
        """
        ...

    async def sweep(self, now: datetime) -> Swept:
        """Delete some receipts past their day, and name some people who are due; no other worker is given the same."""
        ...

    async def forget(self, owner: Keyed) -> int:
        """Delete all that is stored of a person, the audit trail too; the number of rows."""
        ...

    async def close(self) -> None:
        """Let go of the database."""
        ...
