"""What a fault is: a named switch with options, and one use of it on one call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.responses import JSONResponse, Response

from ..call import Call
from ..events import EventStream
from ..log import ENDPOINTS

Change = Callable[[dict[str, Any]], object]

# Every fault takes these two besides its own options.
COMMON_OPTIONS: Mapping[str, Any] = {
    "delay": 0.0,  # seconds before the reply, after the effect
    "effect": False,  # for a reply that stands in for the real one: let the effect happen all the same
}


@dataclass
class Case:
    """A fault meeting a call. `act` runs the endpoint; a fault that does not call it prevents the effect."""

    call: Call
    options: Mapping[str, Any]
    act: Callable[[], Response]
    fitted: bool = True

    def instead(self, reply: Response) -> Response:
        """Answer this in place of the endpoint."""
        if self.options["effect"]:
            self.act()
        return reply

    def edit(self, change: Change) -> Response:
        """Change the JSON of a success; of a stream, the JSON of each event."""
        reply = self.act()
        if reply.status_code != 200:
            self.fitted = False
            return reply
        if isinstance(reply, EventStream):
            for event in reply.events:
                change(event)
            return EventStream(reply.events)
        body: dict[str, Any] = json.loads(bytes(reply.body))
        change(body)
        kept = {name: value for name, value in reply.headers.items() if name == "etag"}
        return JSONResponse(body, headers=kept)


def _stand_in(case: Case, reply: Callable[[], Response]) -> Response:
    return case.instead(reply())


@dataclass(frozen=True)
class Switch:
    """One row of the table of faults."""

    name: str
    does: str
    apply: Callable[[Case], Response] = field(repr=False)
    where: tuple[str, ...] = ENDPOINTS
    options: Mapping[str, Any] = field(default_factory=dict)


class Table:
    """Switches by name, filled by the modules of this package; a name may differ in meaning by endpoint."""

    def __init__(self) -> None:
        self.switches: list[Switch] = []

    def replies(self, where: tuple[str, ...], rows: Mapping[str, tuple[str, Callable[[], Response]]]) -> None:
        """Register replies that stand in for the real one: name, meaning, reply."""
        for name, (does, reply) in rows.items():
            self.add(name, does, where)(partial(_stand_in, reply=reply))

    def edits(self, where: tuple[str, ...], rows: Mapping[str, tuple[str, Change]]) -> None:
        """Register changes of a success: name, meaning, change of its JSON."""
        for name, (does, change) in rows.items():
            self.add(name, does, where)(partial(Case.edit, change=change))

    def add(
        self, name: str, does: str, where: tuple[str, ...] = ENDPOINTS, **options: Any
    ) -> Callable[[Callable[[Case], Response]], Callable[[Case], Response]]:
        """Register a function as the switch of this name; the options are given with their defaults."""

        def register(apply: Callable[[Case], Response]) -> Callable[[Case], Response]:
            self.switches.append(Switch(name, does, apply, where, options))
            return apply

        return register

    def find(self, endpoint: str, name: str) -> Switch:
        """The switch for this endpoint; "any" takes what works everywhere."""
        wanted = ENDPOINTS if endpoint == "any" else (endpoint,)
        fitting = [switch for switch in self.switches if set(wanted) <= set(switch.where)]
        for switch in fitting:
            if switch.name == name:
                return switch
        names = ", ".join(switch.name for switch in fitting)
        raise ValueError(f"no fault {name!r} for {endpoint!r}; there are: {names or 'none'}")

    def as_text(self) -> str:
        """The table for people: endpoint, name, options, meaning."""
        rows = [("WHERE", "NAME", "OPTIONS", "WHAT HAPPENS")]
        for switch in self.switches:
            where = "any" if switch.where == ENDPOINTS else " ".join(switch.where)
            options = " ".join(f"{name}={value!r}" for name, value in switch.options.items())
            rows.append((where, switch.name, options, switch.does))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        return "\n".join("  ".join([*(c.ljust(w) for c, w in zip(r, widths, strict=False)), r[3]]) for r in rows)
