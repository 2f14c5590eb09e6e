"""Which rows of the machine's table the turns took, while somebody looks on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from skill.core.machine import MOVES, Move, Step
from skill.core.states import Action, Event, State
from skill.turns import claim, settle


@dataclass(frozen=True)
class Row:
    """A move from one of its states: what it says and wants tells it from the others of that event."""

    source: State
    event: Event
    say: str | None
    action: Action | None


# `oauth` and `byok` are read as choices in `clarifying` (conversation.md, section 1).
NEVER = {(State.CLARIFYING, Event.OAUTH), (State.CLARIFYING, Event.BYOK)}


def _can_be(move: Move, source: State) -> bool:
    """An idle conversation of somebody who is connected is `connected` from the start (`resting_state`)."""
    return (source, move.event) not in NEVER and not (source is State.IDLE and move.when == "connected")


ROWS = {
    Row(source, move.event, move.say, move.action) for move in MOVES for source in move.sources if _can_be(move, source)
}


@dataclass
class Taken:
    """What was seen."""

    rows: set[Row]

    @property
    def moves(self) -> set[tuple[State, Event]]:
        """Without a look at the guards."""
        return {(row.source, row.event) for row in self.rows}


@contextmanager
def watched() -> Iterator[Taken]:
    """Looks on while the turns ask the machine."""
    seen = Taken(set())

    def watching(advance: Callable[..., Step]) -> Callable[..., Step]:
        def watch(session: Any, conversation: str, event: Event, *rest: Any) -> Step:
            step = advance(session, conversation, event, *rest)
            over = event is Event.REFUSED and step.state is State.STARTED  # it starts over in the same breath
            if step.moved:
                seen.rows.add(Row(step.before, event, step.say, None if over else step.action))
            if over:
                seen.rows.add(Row(State.FAILED, Event.START_OVER, None, step.action))
            return step

        return watch

    with pytest.MonkeyPatch.context() as patch:
        for module in (claim, settle):
            patch.setattr(module, "advance", watching(module.advance))
        yield seen
