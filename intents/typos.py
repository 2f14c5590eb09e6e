"""Misspellings of one word, bounded: what fingers do, not every string one edit away."""

from collections.abc import Iterator

# Neighbours on a QWERTY keyboard.
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
MIN_LENGTH = 5


def _neighbours(char: str) -> str:
    for number, row in enumerate(_ROWS):
        place = row.find(char)
        if place >= 0:
            near = row[max(place - 1, 0) : place] + row[place + 1 : place + 2]
            below = _ROWS[number + 1][max(place - 1, 0) : place + 1] if number + 1 < len(_ROWS) else ""
            above = _ROWS[number - 1][place : place + 2] if number else ""
            return near + below + above + ("aeiou" if char in "aeiou" else "")
    return ""


def misspellings(word: str) -> Iterator[str]:
    """Two letters swapped, one left out, doubled, or its neighbour struck (rule 10)."""
    if len(word) < MIN_LENGTH:
        return
    for n in range(len(word)):
        rest = word[n + 1 :]
        yield word[:n] + rest
        yield word[:n] + word[n] * 2 + rest
        for other in _neighbours(word[n]):
            yield word[:n] + other + rest
        if rest and word[n] != rest[0]:
            yield word[:n] + rest[0] + word[n] + rest[1:]
