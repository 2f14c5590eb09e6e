"""Telling what has lasted: the telemetry every step, a runtime's model selector every change of a person's models.

A step, a login, a new list, a logout: each is one write to the store, so the store is where to look.
"""

import logging
from collections.abc import Callable

from skill.core.trail import Entry
from skill.message import Keyed, Owner
from skill.stores.base import Change, Record, Result
from skill.stores.sql import SqlStore
from skill.telemetry import count_step

OnModels = Callable[[Owner, list[str]], None]

log = logging.getLogger(__name__)


class WatchedStore(SqlStore):
    """The store, which calls `on_models(owner, models)` with the whole new list once a change has lasted."""

    on_models: OnModels | None = None

    async def transact(self, owner: Keyed, change: Change[Result], message_key: str | None = None) -> Result:
        """See `Store.transact`."""
        before: list[str] = []
        after: list[str] = []
        trail: tuple[Entry, ...] = ()

        def watched(record: Record) -> tuple[Record, Result]:
            nonlocal before, after, trail
            changed, result = change(record)
            before, after, trail = _models(record), _models(changed), changed.trail
            return changed, result

        result = await super().transact(owner, watched, message_key)
        for entry in trail:
            count_step(entry)
        if self.on_models and before != after and isinstance(owner, Owner):
            try:
                self.on_models(owner, after)
            except Exception as fault:  # noqa: BLE001 (the runtime's own trouble must not undo a login)
                log.error("on_models raised %s", type(fault).__name__)
        return result


def _models(record: Record) -> list[str]:
    return record.credential.model_ids if record.credential else []
