"""The machine as SVG. Its arrows come from the table of moves; where a state stands on the page is decided here."""

import math
from html import escape

from skill.core.machine import MOVES
from skill.core.states import State

Point = tuple[float, float]

SIZE = (560, 262)
BOX = (146, 46)
PLACES: dict[State, Point] = {
    State.IDLE: (80, 32),
    State.STARTED: (278, 32),
    State.AWAITING_CONFIRM: (480, 32),
    State.CLARIFYING: (80, 130),
    State.FAILED: (278, 130),
    State.POLLING: (480, 130),
    State.CONNECTED: (480, 228),
}
# What a first sign-in can look like. The other arrows show when they are taken.
USUAL = {
    (State.IDLE, State.STARTED),
    (State.IDLE, State.CLARIFYING),
    (State.CLARIFYING, State.STARTED),
    (State.STARTED, State.AWAITING_CONFIRM),
    (State.STARTED, State.FAILED),
    (State.FAILED, State.STARTED),
    (State.AWAITING_CONFIRM, State.POLLING),
    (State.POLLING, State.AWAITING_CONFIRM),
    (State.POLLING, State.FAILED),
    (State.POLLING, State.CONNECTED),
}
# Arrows that would run through another state, and the point that draws them around it.
AROUND: dict[tuple[State, State], Point] = {
    (State.IDLE, State.AWAITING_CONFIRM): (280, 112),
    (State.AWAITING_CONFIRM, State.IDLE): (280, 128),
    (State.IDLE, State.CONNECTED): (188, 206),
    (State.CONNECTED, State.IDLE): (196, 190),
}
APART = 7.0  # between the two arrows of a pair of states


def arrows() -> list[tuple[State, State]]:
    """Each pair of states between which the table has a move, once."""
    pairs = ((source, move.dest) for move in MOVES for source in move.sources if move.dest)
    return list(dict.fromkeys((source, dest) for source, dest in pairs if source is not dest))


def svg(label: str, names: dict[str, str]) -> str:
    """The drawing. `names` are the states' words for people, by `state_…`."""
    width, height = SIZE
    lines = "".join(_arrow(source, dest) for source, dest in arrows())
    boxes = "".join(_box(state, names[f"state_{state}"]) for state in State)
    return f"""<svg id="machine" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">
<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">
<path d="M1 1l8 4-8 4z"/></marker></defs>{lines}{boxes}</svg>"""


def _box(state: State, name: str) -> str:
    (x, y), (width, height) = PLACES[state], BOX
    return (
        f'<g class="state" data-state="{state}"><rect x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width}" '
        f'height="{height}" rx="12"/><text class="name" x="{x}" y="{y - 3}">{escape(name)}</text>'
        f'<text class="id" x="{x}" y="{y + 14}">{state}</text></g>'
    )


def _arrow(source: State, dest: State) -> str:
    usual = " usual" if (source, dest) in USUAL else ""
    return f'<path class="arrow{usual}" data-from="{source}" data-to="{dest}" d="{_path(source, dest)}"/>'


def _path(source: State, dest: State) -> str:
    """From border to border, a little beside the way back."""
    x1, y1, x2, y2 = *PLACES[source], *PLACES[dest]
    length = math.dist((x1, y1), (x2, y2))
    aside = APART / length if (dest, source) in arrows() else 0.0
    dx, dy = (y1 - y2) * aside, (x2 - x1) * aside  # to the right of the way
    middle = AROUND.get((source, dest), ((x1 + x2) / 2 + dx, (y1 + y2) / 2 + dy))
    start = _border(PLACES[source], (x1 + dx, y1 + dy), middle)
    end = _border(PLACES[dest], (x2 + dx, y2 + dy), middle)
    return "M{:.1f} {:.1f}Q{:.1f} {:.1f} {:.1f} {:.1f}".format(*start, *middle, *end)


def _border(centre: Point, inside: Point, towards: Point) -> Point:
    """Where a line from a point inside a box leaves it."""
    dx, dy = towards[0] - inside[0], towards[1] - inside[1]
    ways = []
    for delta, at, middle, half in (
        (dx, inside[0], centre[0], BOX[0] / 2 + 2),
        (dy, inside[1], centre[1], BOX[1] / 2 + 2),
    ):
        if delta:
            ways.append(((middle + math.copysign(half, delta)) - at) / delta)
    share = min(ways)
    return inside[0] + dx * share, inside[1] + dy * share
