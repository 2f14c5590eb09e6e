"""One language: its words in an automaton, its word order in patterns (`words`, `request`, `reply`, `choice`.yaml)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from importlib.resources.abc import Traversable
from operator import or_

from intents.anchors import Match, longest
from intents.labels import Label
from intents.patterns import Pattern, Symbols, compile_pattern, expand_groups, slots_of
from intents.source import Source
from intents.text import folding
from intents.vocabulary import Vocabulary, written_out

MAX_SYMBOLS = 64  # of one clause; patterns never see more
MIXED = 3  # words of another language that somebody puts into their own sentence at a time
REMEMBERED = 8192  # shapes of clauses whose features are kept
ANY = "any"  # what would answer in any state
STATES = ("awaiting_confirm", "clarifying", "failed")
PUNCTUATION = ("but", "comma", "ask", "stop", "line", "hence", "correct", "one", "two", "colon", "dash", "skip")


@dataclass(frozen=True, slots=True)
class ReplyRule:
    """A way of answering, as word order over one clause (`reply.yaml`, `choice.yaml`)."""

    name: str
    label: Label
    patterns: tuple[Pattern, ...]
    weak: bool
    fresh: bool
    whole: bool  # its patterns see all clauses, joined by commas and `but`


@dataclass(frozen=True, slots=True)
class Joints:
    """The symbols that part clauses, and those that stand for no slot."""

    other: str
    but: str
    comma: str
    leading: frozenset[str]  # part clauses, and belong to the second: "so", "no wait"
    listed: frozenset[str]  # "1)", "b)" begin a clause
    parting: frozenset[str]
    full: frozenset[str]
    clause: re.Pattern[str]  # and the question mark behind it


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language: its words in an automaton, its word order in patterns."""

    language: str
    script: str
    joints: Joints
    find: Callable[[str], list[Match]]  # the phrases of a wrapped text
    phrases: tuple[str, ...]
    slots: tuple[str, ...]  # symbol of each phrase
    own: tuple[bool, ...]  # whether the phrase tells the language
    variants: dict[str, str]  # every traditional form, and the simplified one
    unified: Callable[[str], str]  # for `fold`
    understood: Callable[[str, str], tuple[str, int]]  # symbols of a clause -> rewritten symbols and features
    replies: dict[str, Callable[[str, bool], ReplyRule | None]]  # by state: the first rule of a clause, or of all


def _understanding(
    skip: str, marks: Sequence[tuple[Pattern, dict[str, str]]], shapes: Sequence[tuple[Pattern, int]]
) -> Callable[[str, str], tuple[str, int]]:
    """The word order of a language as a function; clauses of the same shape are worked out once."""

    @lru_cache(maxsize=REMEMBERED)
    def understood(spelled: str, ask: str) -> tuple[str, int]:
        symbols = spelled.replace(skip, "")[:MAX_SYMBOLS] + ask
        slots = slots_of(symbols)
        for pattern, turn in marks:
            if pattern.found(symbols, slots):
                symbols = pattern.regex.sub(lambda m, turn=turn: _turned(m, turn), symbols)  # type: ignore[misc]
                slots = slots_of(symbols)
        return symbols, slots | reduce(or_, (bit for pattern, bit in shapes if pattern.found(symbols, slots)), 0)

    return understood


def _answering(rules: Sequence[ReplyRule]) -> Callable[[str, bool], ReplyRule | None]:
    """The first rule that a clause fits, or of those that see all clauses."""

    @lru_cache(maxsize=REMEMBERED)
    def first(symbols: str, whole: bool) -> ReplyRule | None:
        slots = slots_of(symbols)
        fitting = (r for r in rules if r.whole is whole and any(p.found(symbols, slots) for p in r.patterns))
        return next(fitting, None)

    return first


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
    other, but, comma, ask = map(symbols.char, ("x", "but", "comma", "ask"))
    full = frozenset([ask, *map(symbols.char, ("stop", "line"))])
    leading, listed = frozenset(map(symbols.char, ("hence", "correct"))), frozenset(map(symbols.char, ("one", "two")))
    parting = frozenset([*full, *leading, but, comma, *map(symbols.char, ("colon", "dash"))])
    heads, ends = "".join(sorted(leading)), "".join(sorted(parting))
    clause = re.compile(f"([{heads}][^{ends}]*|[^{ends}]+)({ask}?)")
    return Joints(other, but, comma, leading, listed, parting, full, clause)


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
        for n, name in enumerate(self.words.strings("mixes")):
            if name not in others:
                raise self.words.fault(("mixes", n), f"unknown language {name!r}")
            vocabulary.read(others[name], own=False, longest=MIXED)
        vocabulary.read(self.words, own=True)
        symbols = self.symbols
        for n, _ in enumerate(self.request.items("marks")):
            symbols.add_all(self.request.texts("marks", n, "turn").values())
        symbols.add_all(self.request.mapping("shapes"))
        phrases = list(vocabulary.slot)
        variants = self._variants()
        script = str(self.words.value.get("script", "latin"))
        own = vocabulary.own - self._shared(others, script)
        return Grammar(
            language=self.language,
            script=script,
            joints=_joints(symbols),
            find=longest(phrases),
            phrases=tuple(phrases),
            slots=tuple(symbols.char(vocabulary.slot[p]) for p in phrases),
            own=tuple(script == "han" or p in own for p in phrases),
            variants=variants,
            unified=folding(variants),
            understood=_understanding(symbols.char("skip"), self._marks(), self._shapes()),
            replies=self._replies(),
        )

    def _shared(self, others: Mapping[str, Source], script: str) -> set[str]:
        """What another language of this script spells alike: "no" tells neither English nor Spanish."""
        alike = (s for name, s in others.items() if name != self.language and s.value.get("script", "latin") == script)
        return {phrase for source in alike for phrase in written_out(source)[0]}

    def _variants(self) -> dict[str, str]:
        variants = self.words.texts("variants").items()
        return {other: plain for plain, others in variants for other in others}

    def _groups(self, source: Source, above: dict[str, str]) -> dict[str, str]:
        groups = {name: value.split() for name, value in source.texts("groups").items()}
        try:
            return expand_groups(groups, self.symbols, above)
        except KeyError as error:
            raise source.fault(("groups",), f"unknown slot {error}") from None

    def _compiled(self, source: Source, classes: dict[str, str], *path: str | int) -> list[Pattern]:
        try:
            return [compile_pattern(self._with_parts(p), self.symbols, classes) for p in source.strings(*path)]
        except ValueError as error:
            raise source.fault(path, str(error)) from None

    def _with_parts(self, pattern: str) -> str:
        for name, part in self.request.texts("parts").items():
            pattern = pattern.replace("{" + name + "}", f"({part})")
        return pattern

    def _marks(self) -> list[tuple[Pattern, dict[str, str]]]:
        symbols, classes, marks = self.symbols, self._groups(self.request, {}), []
        for n, _ in enumerate(self.request.items("marks")):
            turns = self.request.texts("marks", n, "turn")
            for name in turns:
                if not symbols.known(name):
                    raise self.request.fault(("marks", n, "turn", name), "unknown slot")
            turn = {symbols.char(a): symbols.char(b) for a, b in turns.items()}
            marks += [(pattern, turn) for pattern in self._compiled(self.request, classes, "marks", n, "when")]
        return marks

    def _shapes(self) -> list[tuple[Pattern, int]]:
        classes = self._groups(self.request, {})
        return [
            (pattern, self.symbols.bit(name))
            for name in self.request.mapping("shapes")
            for pattern in self._compiled(self.request, classes, "shapes", name)
        ]

    def _replies(self) -> dict[str, Callable[[str, bool], ReplyRule | None]]:
        found, loud = {}, []
        for source, state in ((self.reply, STATES[0]), (self.choice, STATES[1]), (self.reply, STATES[2])):
            classes = self._groups(source, self._groups(self.request, {}))
            rules = [self._reply(source, classes, state, n) for n, _ in enumerate(source.items(state))]
            found[state] = _answering(rules)
            loud += [rule for rule in rules if rule.label is not Label.NONE]
        found[ANY] = _answering(loud)
        return found

    def _reply(self, source: Source, classes: dict[str, str], state: str, n: int) -> ReplyRule:
        source.only({"rule", "label", "when", "weak", "fresh", "whole"}, state, n)
        rule = source.mapping(state, n)
        try:
            label = Label(rule["label"])
            patterns = tuple(compile_pattern(p, self.symbols, classes) for p in source.strings(state, n, "when"))
        except (ValueError, KeyError) as error:
            raise source.fault((state, n), str(error)) from None
        marks = (bool(rule.get(mark)) for mark in ("weak", "fresh", "whole"))
        return ReplyRule(source.text(state, n, "rule"), label, patterns, *marks)
