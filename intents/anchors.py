"""Finding phrases: in raw text, to see whether a message is worth a look, and in folded text, to read it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import product
from typing import Any

import ahocorasick_rs

_EDGE = re.compile(r"\b", re.ASCII)  # other scripts have no edges, and accents are folded away
Match = tuple[int, int, int]  # which phrase, and where it begins and ends
_HINT = 4  # found, but not worth a look by itself: little words of a language other than the first
_TABLE = 20_000  # words; of fewer than that a table is made: twice as fast, and not too large


def wrapped(text: str) -> str:
    """Latin words between marks of their own, so that a phrase is only found where it is whole words."""
    return _EDGE.sub("\x01", text)


def longest(phrases: Sequence[str]) -> Callable[[str], list[Match]]:
    """Finds the leftmost phrase in a wrapped text, of those that begin there the longest; built when first called."""

    @cache
    def automaton() -> Any:
        kind = ahocorasick_rs.MatchKind.LeftmostLongest
        return ahocorasick_rs.AhoCorasick(list(map(wrapped, phrases)), matchkind=kind, store_patterns=False)

    def find(text: str) -> list[Match]:
        found: list[Match] = automaton().find_matches_as_indexes(text)
        return found

    return find


class Anchors:
    """Words that make a message worth a look, found in text that was not folded yet; built when first looked for."""

    def __init__(
        self, phrases: Callable[[], Iterable[str]], anywhere: Iterable[str] = (), hints: Iterable[str] = ()
    ) -> None:
        self._phrases, self._anywhere, self._hints = phrases, anywhere, hints

    @cached_property
    def _words(self) -> list[tuple[str, int]]:
        return [
            *((word, _edges(word)) for word in dict.fromkeys(self._phrases())),
            *((part, 0) for part in self._anywhere),
            *((hint, _HINT) for hint in self._hints),
        ]

    @cached_property
    def _find(self) -> Any:
        words = [word for word, _ in self._words]
        table = ahocorasick_rs.Implementation.DFA if len(words) < _TABLE else None
        return ahocorasick_rs.AhoCorasick(words, store_patterns=False, implementation=table).find_matches_as_indexes

    def matches(self, text: str) -> list[Match]:
        """Which of them, and where: also inside of words."""
        found: list[Match] = self._find(text, overlapping=True)
        return found

    def places(self, text: str, matches: Iterable[Match] | None = None) -> Iterator[tuple[int, str]]:
        """Where they stand as whole words, and which."""
        words = self._words
        for index, start, end in self.matches(text) if matches is None else matches:
            word, edge = words[index]
            if edge & 1 and start and _latin(text[start - 1]):
                continue
            if edge & 2 and _latin(text[end : end + 1]):
                continue
            if edge != _HINT:
                yield start, word

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
        short = len(phrase) <= 4 or (len(phrase) < 9 and _latin(phrase[0]))  # the latter: "plus 会员"
        if short and not back.keys().isdisjoint(phrase):
            for choice in product(*([char, *back.get(char, [])] for char in phrase)):
                yield "".join(choice)
