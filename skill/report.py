"""What the audit trail tells: one person's history, and the funnel of all (started, confirmed, connected, why not)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from skill.core.session import IN_PROGRESS
from skill.core.states import Event, State
from skill.core.trail import Entry
from skill.message import Keyed
from skill.stores.migrations import trail
from skill.stores.sql import SqlStore

_AHEAD = {Event.CODE_ISSUED: "code shown", Event.CONFIRM: "confirmed", Event.AUTHORIZED: "connected"}
_STEPS = ("started", *_AHEAD.values())


@dataclass(slots=True)
class Count:
    """How many times something happened. People are counted once for each kind of move that it sums up."""

    times: int = 0
    people: int = 0

    def add(self, times: int, people: int) -> None:
        """Count more of the same."""
        self.times += times
        self.people += people


@dataclass(frozen=True, slots=True)
class Funnel:
    """How far sign-ins came since a moment, and what ended or delayed those that came no further."""

    since: datetime
    reached: dict[str, Count] = field(default_factory=lambda: {name: Count() for name in _STEPS})
    why_not: dict[str, Count] = field(default_factory=dict)


async def funnel(store: SqlStore, since: datetime) -> Funnel:
    """Counted by the database. Raises `StorageError`."""

    def count(connection: Connection, _: object) -> Funnel:
        kind = trail.c.event, trail.c.before, trail.c.after, trail.c.reason
        rows = select(*kind, func.count(), func.count(trail.c.owner.distinct())).group_by(*kind)
        found = Funnel(since)
        for event, before, after, reason, times, people in connection.execute(
            rows.where(trail.c.at >= int(since.timestamp())).order_by(func.count().desc())
        ):
            if event in _AHEAD:
                found.reached[_AHEAD[event]].add(times, people)
            elif before in IN_PROGRESS:
                found.why_not.setdefault(f"{event} ({reason})" if reason else event, Count()).add(times, people)
            elif after == State.STARTED:
                found.reached["started"].add(times, people)
        return found

    return await store.maintain(count)


async def history(store: SqlStore, owner: Keyed) -> list[Entry]:
    """One person's trail, the oldest entry first. Raises `StorageError`."""

    def read(connection: Connection, _: object) -> list[Entry]:
        rows = connection.execute(select(trail).where(trail.c.owner == owner.key).order_by(trail.c.number)).mappings()
        return [
            Entry(
                datetime.fromtimestamp(row["at"], UTC),
                row["event"],
                State(row["before"]),
                State(row["after"]),
                row["reason"],
                row["seconds"],
            )
            for row in rows
        ]

    return await store.maintain(read)
