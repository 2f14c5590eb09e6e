"""Word order as data: patterns over slots, compiled to regular expressions over one character per slot.

`neg det* <key>` reads: a negation, any number of determiners, a key; `<...>` marks what a rewrite touches.
Names are slots or groups; `|`, `( )`, `?`, `*`, `+`, `^`, `$` and `.` mean what they always mean, `!name`
is any slot but that one. A clause has at most 64 symbols, so no pattern can run away (trust.md, section 3).
"""

import re
from collections.abc import Iterable, Mapping, Sequence

_PIECE = re.compile(r"\s*(!?[a-z_0-9]+|[|()?*+^$.<>]|\S)")
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


def compile_pattern(pattern: str, symbols: Symbols, classes: Mapping[str, str]) -> re.Pattern[str]:
    """ValueError when the pattern names a slot nobody knows, or isn't well formed."""
    out = [_translate(piece, symbols, classes) for piece in _PIECE.findall(pattern)]
    try:
        return re.compile("".join(out))
    except re.error as error:
        raise ValueError(f"not a pattern: {error}") from None


def _translate(piece: str, symbols: Symbols, classes: Mapping[str, str]) -> str:
    if piece in "|?*+^$.)":
        return piece
    if piece in "(":
        return "(?:"
    if piece in "<>":
        return "(" if piece == "<" else ")"
    name = piece.removeprefix("!")
    if name in classes:
        chars = classes[name]
    elif symbols.known(name):
        chars = symbols.char(name)
    else:
        raise ValueError(f"unknown slot or group {name!r}")
    return f"[{'^' if piece[0] == '!' else ''}{chars}]"
