"""The skill's store, counted and watched, so that a test knows when somebody has to wait."""

from collections.abc import Callable
from typing import Any, TypeVar

from skill.message import Owner
from skill.stores.base import Change, Store
from skill.testing.line import Line
from skill.turns.values import Verdict

Result = TypeVar("Result")


class CountedStore:
    """Tells of messages that have to wait for a call in flight; all else goes straight to the store."""

    def __init__(self, store: Store, line: Line, before_first_use: Callable[[], None]) -> None:
        self._store, self._line, self._prepare = store, line, before_first_use
        self.used = 0

    def __getattr__(self, name: str) -> Any:
        self._use()
        return getattr(self._store, name)

    async def transact(self, owner: Owner, change: Change[Result], message_key: str | None = None) -> Result:
        """See `Store`."""
        self._use()
        result = await self._store.transact(owner, change, message_key)
        if result is Verdict.WAIT and self._line.jammed:
            self._line.stuck.set()
        return result

    def _use(self) -> None:
        if not self.used:
            self._prepare()
        self.used += 1
