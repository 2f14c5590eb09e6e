"""Word order as data: patterns over slots, compiled to regular expressions over one character per slot.

`neg det* <key>` reads: a negation, any number of determiners, a key; `<...>` marks what a rewrite touches.
Names are slots or groups; `|`, `( )`, `?`, `*`, `+`, `^`, `$` and `.` mean what they always mean, `!name`
is any slot but that one. A clause has at most 64 symbols, so no pattern can run away (trust.md, section 3).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_

_PIECE = re.compile(r"\s*(!?[a-z_0-9]+|[|()?*+^$.<>]|\S)")
_SIGNS = {sign: sign for sign in "|?*+^$)"} | {"(": "(?:", "<": "(", ">": ")"}
BASE = 0xE000  # private use area: no text contains these by accident


class Symbols:
    """Slot names to symbols and feature bits."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._index: dict[str, int] = {}

    def add(self, name: str) -> int:
        if name not in self._index:
            self._index[name] = len(self.names)
            self.names.append(name)
        return self._index[name]

    def add_all(self, names: Iterable[str]) -> None:
        for name in names:
            self.add(name)

    def char(self, name: str) -> str:
        return chr(BASE + self._index[name])

    def bit(self, name: str) -> int:
        return 1 << self._index[name]

    def known(self, name: str) -> bool:
        return name in self._index

    def spell(self, symbols: str) -> str:
        """For people: the slots of a clause by name."""
        return " ".join(self.names[ord(symbol) - BASE] for symbol in symbols)


def expand_groups(groups: Mapping[str, Sequence[str]], symbols: Symbols, above: Mapping[str, str]) -> dict[str, str]:
    """Each group as a character class; a group may name groups above it."""
    classes = dict(above)
    for group, members in groups.items():
        chars = "".join(classes[name] if name in classes else symbols.char(name) for name in members)
        classes[group] = chars
    return classes


@dataclass(frozen=True)
class Pattern:
    """A pattern, compiled when first searched for, and what rules it out before that."""

    spelled: str
    need: int  # one of these slots has to be there; 0: any will do
    outside: int  # and none of these

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Over symbols."""
        return re.compile(self.spelled)

    def found(self, symbols: str, slots: int) -> bool:
        """Whether it is found in a clause; `slots` are those of its symbols."""
        if slots & self.outside or (self.need and not slots & self.need):
            return False
        return self.regex.search(symbols) is not None


def slots_of(symbols: str) -> int:
    """The slots of a clause as bits."""
    return sum(1 << (ord(symbol) - BASE) for symbol in set(symbols))


def compile_pattern(pattern: str, symbols: Symbols, classes: Mapping[str, str]) -> Pattern:
    """ValueError when the pattern names a slot nobody knows, or isn't well formed."""
    pieces = _PIECE.findall(pattern)
    if not pieces:
        raise ValueError("not a pattern: it is empty")
    spelled, slots = zip(*(_atom(piece, symbols, classes) for piece in pieces), strict=True)
    alternatives = _needs(pieces, slots)
    whole = pieces[0] == "^" and pieces[-1] == "$" and len(alternatives) == 1
    return Pattern("".join(spelled), _rarest(alternatives), ~reduce(or_, slots) if whole else 0)


def _needs(pieces: Sequence[str], slots: Sequence[int]) -> list[list[int]]:
    """For every alternative the sets of slots of which it needs one each; 0 stands for none."""
    groups: list[list[list[int]]] = [[[]]]  # those open, their alternatives, the needs of each
    for before, piece, mask in zip(["^", *pieces], pieces, slots, strict=False):
        if (piece in "?*+" and before in "?*+^(<|") or (piece in ")>" and len(groups) == 1):
            raise ValueError(f"not a pattern: {piece!r} behind {before!r}")
        if piece in "(<":
            groups.append([[]])
        elif piece == "|":
            groups[-1].append([])
        elif piece in ")>":
            groups[-2][-1].append(_rarest(groups.pop()))
        elif piece in "?*":
            groups[-1][-1][-1] = 0
        elif piece not in "+^$":
            groups[-1][-1].append(mask)
    if len(groups) > 1:
        raise ValueError("not a pattern: a bracket stays open")
    return groups[0]


def _rarest(alternatives: Sequence[Sequence[int]]) -> int:
    """What can't be missing: of every alternative the smallest need."""
    rarest = [min(filter(None, needs), key=lambda m: (m < 0, m.bit_count()), default=0) for needs in alternatives]
    return reduce(or_, rarest) if all(rarest) else 0


def _atom(piece: str, symbols: Symbols, classes: Mapping[str, str]) -> tuple[str, int]:
    """As a regular expression, and the slots that it may stand for: 0 of a sign."""
    if piece in _SIGNS:
        return _SIGNS[piece], 0
    if piece == ".":
        return piece, -1
    name = piece.removeprefix("!")
    if name not in classes and not symbols.known(name):
        raise ValueError(f"unknown slot or group {name!r}")
    chars = classes[name] if name in classes else symbols.char(name)
    return (f"[^{chars}]", ~slots_of(chars)) if piece[0] == "!" else (f"[{chars}]", slots_of(chars))
