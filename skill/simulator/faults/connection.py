"""Faults of the connection: late, in drops, never, cut; and a clock that is wrong."""

from datetime import timedelta

from starlette.responses import Response

from .delivery import Drop, Hang, Trickle
from .switch import Case, Table


def register(table: Table) -> None:
    """The rows of this module."""

    # The common option does it; the name brings a default that no client waits for.
    @table.add("slow", "the true reply, delay seconds after its effect", delay=30.0)
    def slow(case: Case) -> Response:
        return case.act()

    @table.add(
        "hang",
        "the effect, and no reply for as long as the client waits; effect=False: no effect either",
        effect=True,
    )
    def hang(case: Case) -> Response:
        _effect(case)
        return Hang()

    @table.add("trickle", "the true reply, one byte every pause seconds", pause=1.0)
    def trickle(case: Case) -> Response:
        return Trickle(case.act(), case.options["pause"], case.call.provider.sleep)

    @table.add(
        "drop",
        "the effect, then the connection closes without a reply; effect=False: no effect either",
        effect=True,
    )
    def drop(case: Case) -> Response:
        _effect(case)
        return Drop()

    @table.add("reset", "the effect, then the connection is reset; effect=False: no effect either", effect=True)
    def reset(case: Case) -> Response:
        _effect(case)
        return Drop(reset=True)

    @table.add("cut", "the effect, then half of the reply, then the connection closes")
    def cut(case: Case) -> Response:
        return Drop(begun=case.act())

    @table.add("clock", "the true reply, its Date header off by so many seconds", seconds=300)
    def clock(case: Case) -> Response:
        case.call.stamped = case.call.now + timedelta(seconds=case.options["seconds"])
        return case.act()


def _effect(case: Case) -> None:
    if case.options["effect"]:
        case.act()
