"""Finding phrases: in raw text, to see whether a message is worth a look, and in folded text, to read it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import ahocorasick_rs

_EDGE = re.compile(r"\b", re.ASCII)  # other scripts have no edges, and accents are folded away
_HINT = 4  # found, but not worth a look by itself: little words of a language other than the first
_TABLE = 20_000  # words; of fewer than that a table is made: twice as fast, and not too large


def wrapped(text: str) -> str:
    """Latin words between marks of their own, so that a phrase is only found where it is whole words."""
    return _EDGE.sub("\x01", text)


def longest(phrases: Iterable[str]) -> Any:
    """An automaton that finds the leftmost phrase, and of those that begin there the longest."""
    return ahocorasick_rs.AhoCorasick(
        list(phrases), matchkind=ahocorasick_rs.MatchKind.LeftmostLongest, store_patterns=False
    )


class Anchors:
    """Words that make a message worth a look, found in text that was not folded yet."""

    __slots__ = ("_edges", "_find", "words")

    def __init__(self, phrases: Iterable[str], anywhere: Iterable[str] = (), hints: Iterable[str] = ()) -> None:
        words, parts, others = sorted(set(phrases)), list(anywhere), list(hints)
        self._edges = [*map(_edges, words), *(0 for _ in parts), *(_HINT for _ in others)]
        self.words = [*words, *parts, *others]
        table = ahocorasick_rs.Implementation.DFA if len(self.words) < _TABLE else None
        self._find = ahocorasick_rs.AhoCorasick(
            self.words, store_patterns=False, implementation=table
        ).find_matches_as_indexes

    def matches(self, text: str) -> list[tuple[int, int, int]]:
        """Which of them, and where: also inside of words."""
        found: list[tuple[int, int, int]] = self._find(text, overlapping=True)
        return found

    def places(self, text: str, matches: Iterable[tuple[int, int, int]] | None = None) -> Iterator[tuple[int, str]]:
        """Where they stand as whole words, and which."""
        edges = self._edges
        for index, start, end in self.matches(text) if matches is None else matches:
            edge = edges[index]
            if edge & 1 and start and _latin(text[start - 1]):
                continue
            if edge & 2 and _latin(text[end : end + 1]):
                continue
            if edge != _HINT:
                yield start, self.words[index]

    def hold(self, text: str) -> bool:
        """Whether any of them does."""
        return next(self.places(text), None) is not None


def _edges(phrase: str) -> int:
    return _latin(phrase[0]) + 2 * _latin(phrase[-1])


def _latin(char: str) -> bool:
    return char.isalnum() and char < "\u0250"


def as_typed(phrases: Iterable[str], back: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """An anchor as it may stand in text that was not folded yet: hyphens, traditional characters."""
    for phrase in phrases:
        yield phrase
        if " " in phrase:
            yield phrase.replace(" ", "-")
        if any(char in back for char in phrase) and len(phrase) <= 4:
            for choice in product(*([char, *back.get(char, [])] for char in phrase)):
                yield "".join(choice)
