"""Finding phrases: in raw text, to see whether a message is worth a look, and in folded text, to read it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from itertools import product
from typing import Any

import ahocorasick_rs

_WORD = re.compile(r"(\w+)", re.ASCII)  # other scripts have no edges, and accents are folded away
_ACCENT = re.compile("[\u00c0-\u024f]")  # not folded yet in what is looked at
Match = tuple[int, int, int]  # which phrase, and where it begins and ends


def wrapped(text: str) -> str:
    """Latin words between marks of their own, so that a phrase is only found where it is whole words."""
    return "\x01".join(_WORD.split(text))


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
    def words(self) -> list[str]:
        """All of them, the hints last."""
        return [*dict.fromkeys(self._phrases()), *self._anywhere, *self._hints]

    @cached_property
    def first_hint(self) -> int:
        """Its place among the words: from here on they are found, but not worth a look by themselves."""
        return len(self.words) - len(list(self._hints))

    @cached_property
    def _edges(self) -> list[int]:
        anywhere = frozenset(self._anywhere)
        return [0 if word in anywhere else _latin(word[0]) + 2 * _latin(word[-1]) for word in self.words]

    @cached_property
    def matches(self) -> Callable[[str], list[Match]]:
        """Which of them stand in a text, and where: also inside of words."""
        automaton = ahocorasick_rs.AhoCorasick(self.words, store_patterns=False)
        return partial(automaton.find_matches_as_indexes, overlapping=True)

    def whole(self, text: str, match: Match) -> bool:
        """Whether it stands there as a whole word."""
        index, start, end = match
        edges = self._edges[index]
        return not (edges & 1 and start and _latin(text[start - 1])) and not (edges & 2 and _latin(text[end : end + 1]))

    def hold(self, text: str) -> bool:
        """Whether any of them stands there."""
        whole = self.whole
        for match in self.matches(text):  # a generator would cost as much again
            if whole(text, match):
                break
        else:
            return False
        return True


def _latin(char: str) -> bool:
    return char.isalnum() and char < "\u0250"


def simplest(phrases: Sequence[str]) -> Iterator[str]:
    """Those that hold none of the others: where a longer one stands, so does a shorter."""
    texts = list(map(wrapped, phrases))
    held = ahocorasick_rs.AhoCorasick(texts, store_patterns=False)
    for phrase, text in zip(phrases, texts, strict=True):
        if _ACCENT.search(phrase) or len(held.find_matches_as_indexes(text, overlapping=True)) == 1:
            yield phrase


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
