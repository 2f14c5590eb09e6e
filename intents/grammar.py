"""One language: its words in an automaton, its word order in patterns (`words`, `request`, `reply`, `choice`.yaml)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import Any

from intents.anchors import longest, wrapped
from intents.labels import Label
from intents.patterns import BASE, Symbols, compile_pattern, expand_groups
from intents.source import Source
from intents.text import folding
from intents.vocabulary import Vocabulary

MAX_SYMBOLS = 64  # of one clause; patterns never see more
REMEMBERED = 8192  # shapes of clauses whose features are kept
STATES = ("awaiting_confirm", "clarifying", "failed")


@dataclass(frozen=True, slots=True)
class ReplyRule:
    """A way of answering, as word order over one clause (`reply.yaml`, `choice.yaml`)."""

    name: str
    label: Label
    patterns: tuple[re.Pattern[str], ...]
    weak: bool
    fresh: bool
    whole: bool  # its patterns see all clauses, joined by commas and `but`


@dataclass(frozen=True, slots=True)
class Joints:
    """The symbols that part clauses, and those that stand for no slot."""

    skip: str
    other: str
    ask: str
    leading: frozenset[str]  # part clauses, and belong to the second: "so", "no wait"
    listed: frozenset[str]  # "1)", "b)" begin a clause
    parting: frozenset[str]
    full: frozenset[str]


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language: its words in an automaton, its word order in patterns."""

    language: str
    script: str
    joints: Joints
    automaton: Any  # of the wrapped phrases, leftmost and longest
    phrases: tuple[str, ...]
    slots: tuple[str, ...]  # symbol of each phrase
    own: tuple[bool, ...]  # whether the phrase tells the language
    variants: dict[int, str]  # every traditional form, and the simplified one
    table: dict[int, str]  # for `fold`
    understood: Callable[[str], tuple[str, int]]  # symbols of a clause -> rewritten symbols and features
    replies: dict[str, tuple[ReplyRule, ...]]


def _understanding(
    marks: Sequence[tuple[re.Pattern[str], dict[str, str]]], shapes: Sequence[tuple[re.Pattern[str], int]]
) -> Callable[[str], tuple[str, int]]:
    """The word order of a language as a function; clauses of the same shape are worked out once."""

    @lru_cache(maxsize=REMEMBERED)
    def understood(symbols: str) -> tuple[str, int]:
        for pattern, turn in marks:
            symbols = pattern.sub(lambda m, turn=turn: _turned(m, turn), symbols)  # type: ignore[misc]
        features = sum(1 << (ord(symbol) - BASE) for symbol in set(symbols))
        for pattern, bit in shapes:
            if pattern.search(symbols):
                features |= bit
        return symbols, features

    return understood


def _turned(match: re.Match[str], turn: dict[str, str]) -> str:
    """The match with the symbols inside its groups rewritten."""
    whole, shift = match.group(), match.start()
    for group in range(1, match.re.groups + 1):
        a, b = match.span(group)
        if a >= 0:
            part = "".join(turn.get(c, c) for c in match.string[a:b])
            whole = whole[: a - shift] + part + whole[b - shift :]
    return whole


def _joints(symbols: Symbols) -> Joints:
    full = frozenset(map(symbols.char, ("stop", "ask", "line")))
    leading = frozenset(map(symbols.char, ("hence", "correct")))
    parting = full | leading | frozenset(map(symbols.char, ("comma", "colon", "dash", "but")))
    listed = frozenset(map(symbols.char, ("one", "two")))
    skip, other, ask = map(symbols.char, ("skip", "x", "ask"))
    return Joints(skip, other, ask, leading, listed, parting, full)


class Reader:
    """Builds one grammar out of a folder."""

    def __init__(self, symbols: Symbols, common: Source, folder: Traversable, words: Source) -> None:
        self.symbols, self.common, self.words = symbols, common, words
        self.request = Source(folder / "request.yaml")
        self.reply = Source(folder / "reply.yaml")
        self.choice = Source(folder / "choice.yaml")
        self.language = folder.name

    def grammar(self, others: Mapping[str, Source]) -> Grammar:
        """The language read, with what it takes from `others` beneath its own words."""
        self.words.only({"script", "mixes", "markers", "slots", "not_typos", "variants"})
        self.request.only({"groups", "parts", "marks", "shapes"})
        vocabulary = Vocabulary(self.symbols)
        vocabulary.read(self.common, own=False)
        for name in self.words.strings("mixes"):
            vocabulary.read(others[name], own=False)
        vocabulary.read(self.words, own=True)
        symbols = self.symbols
        for mark in self.request.items("marks"):
            symbols.add_all(mark["turn"].values())
        symbols.add_all(self.request.mapping("shapes"))
        phrases = list(vocabulary.slot)
        variants = self._variants()
        han = self.words.value.get("script") == "han"
        return Grammar(
            language=self.language,
            script=str(self.words.value.get("script", "latin")),
            joints=_joints(symbols),
            automaton=longest(map(wrapped, phrases)),
            phrases=tuple(phrases),
            slots=tuple(symbols.char(vocabulary.slot[p]) for p in phrases),
            own=tuple(han or p in vocabulary.own for p in phrases),
            variants=variants,
            table=folding(variants),
            understood=_understanding(self._marks(), self._shapes()),
            replies=self._replies(),
        )

    def _variants(self) -> dict[int, str]:
        table: dict[int, str] = {}
        for plain, others in self.words.mapping("variants").items():
            table.update(dict.fromkeys(map(ord, others), plain))
        return table

    def _groups(self, source: Source, above: dict[str, str]) -> dict[str, str]:
        groups = {name: str(value).split() for name, value in source.value.get("groups", {}).items()}
        try:
            return expand_groups(groups, self.symbols, above)
        except KeyError as error:
            raise source.fault(("groups",), f"unknown slot {error}") from None

    def _compiled(self, source: Source, classes: dict[str, str], *path: str | int) -> re.Pattern[str]:
        try:
            written = [self._with_parts(p) for p in source.strings(*path)]
            alternatives = [compile_pattern(p, self.symbols, classes).pattern for p in written]
            return re.compile("|".join(f"(?:{p})" for p in alternatives) if len(alternatives) > 1 else alternatives[0])
        except ValueError as error:
            raise source.fault(path, str(error)) from None

    def _with_parts(self, pattern: str) -> str:
        for name, part in self.request.value.get("parts", {}).items():
            pattern = pattern.replace("{" + name + "}", f"({part})")
        return pattern

    def _marks(self) -> tuple[tuple[re.Pattern[str], dict[str, str]], ...]:
        symbols, classes, marks = self.symbols, self._groups(self.request, {}), []
        for n, mark in enumerate(self.request.items("marks")):
            turn = {symbols.char(a): symbols.char(b) for a, b in mark["turn"].items()}
            for k, _ in enumerate(self.request.strings("marks", n, "when")):
                path = ("marks", n, "when", k) if isinstance(mark["when"], list) else ("marks", n, "when")
                marks.append((self._compiled(self.request, classes, *path), turn))
        return tuple(marks)

    def _shapes(self) -> tuple[tuple[re.Pattern[str], int], ...]:
        classes = self._groups(self.request, {})
        return tuple(
            (self._compiled(self.request, classes, "shapes", name), self.symbols.bit(name))
            for name in self.request.mapping("shapes")
        )

    def _replies(self) -> dict[str, tuple[ReplyRule, ...]]:
        found: dict[str, tuple[ReplyRule, ...]] = {}
        for source, state in ((self.reply, STATES[0]), (self.choice, STATES[1]), (self.reply, STATES[2])):
            classes = self._groups(source, self._groups(self.request, {}))
            found[state] = tuple(self._reply(source, classes, state, n) for n, _ in enumerate(source.items(state)))
        return found

    def _reply(self, source: Source, classes: dict[str, str], state: str, n: int) -> ReplyRule:
        source.only({"rule", "label", "when", "weak", "fresh", "whole"}, state, n)
        rule = source.mapping(state, n)
        try:
            label = Label(rule["label"])
            patterns = tuple(compile_pattern(p, self.symbols, classes) for p in source.strings(state, n, "when"))
        except (ValueError, KeyError) as error:
            raise source.fault((state, n), str(error)) from None
        return ReplyRule(
            rule["rule"], label, patterns, bool(rule.get("weak")), bool(rule.get("fresh")), bool(rule.get("whole"))
        )
