"""What is done though nobody speaks, so that nothing is left over and nothing grows without bound."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from skill.oauth.revoker import Revoker
from skill.settings import Settings
from skill.stores.base import Store
from skill.tasks import Tasks
from skill.turns.claim import outlived
from skill.turns.values import At

TIDY_EVERY = timedelta(hours=1)


class Upkeep:
    """Revocations that the provider has yet to confirm, codes long dead, people long silent, old receipts."""

    def __init__(
        self, settings: Settings, store: Store, revoker: Revoker, tasks: Tasks, now: Callable[[], datetime]
    ) -> None:
        self._settings, self._store, self._revoker, self._tasks, self._now = settings, store, revoker, tasks, now
        self._begun_at: datetime | None = None
        self._stopped = False

    def now_and_then(self) -> None:
        """Tidy beside everything else, at most once in `TIDY_EVERY`."""
        now = self._now()
        if self._begun_at is None or now - self._begun_at >= TIDY_EVERY:
            self._begun_at = now
            self._tasks.begin(self.tidy())

    async def tidy(self) -> None:
        """All that is due, person by person: by one worker at a time, and as a message would find it."""
        more = True
        while more and not self._stopped:
            swept = await self._store.sweep(self._now())
            more = swept.more
            for owner in swept.due:
                if self._stopped:
                    return  # the rest is due again soon, for whoever sweeps then
                await self._revoker.tidy(owner)
                await self._store.transact(owner, partial(outlived, At(self._settings, self._now())))

    def stop(self) -> None:
        """End after the person whose turn it is."""
        self._stopped = True
