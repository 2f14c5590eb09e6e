"""The folders of YAML as one frozen, validated lexicon: slots, word order and rules, read once."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import product
from typing import Any

import ahocorasick_rs

from intents.labels import Label
from intents.patterns import BASE, Symbols, compile_pattern, expand_groups
from intents.source import LexiconError, Source
from intents.text import folding
from intents.typos import misspellings

__all__ = ["Grammar", "Lexicon", "LexiconError", "ReplyRule", "RequestRule", "load"]

MAX_SYMBOLS = 64  # of one clause; patterns never see more
REMEMBERED = 8192  # shapes of clauses whose features are kept
_EDGE = re.compile(r"\b", re.ASCII)  # other scripts have no edges, and accents are folded away
STATES = ("awaiting_confirm", "clarifying", "failed")
_CHOICE = re.compile(r"\(([^()]*)\)")
MAX_FORMS = 5000  # of one entry, after its alternatives are multiplied out


@dataclass(frozen=True, slots=True)
class RequestRule:
    """A deciding rule over features of a frame (`rules.yaml`)."""

    name: str
    label: Label
    every: int
    some: tuple[int, ...]
    none: int


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
    hence: str  # parts clauses, and belongs to the second
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


_HINT = 4  # found, but not worth a look by itself: little words of a language other than the first


class Anchors:
    """Words that make a message worth a look, found in text that was not folded yet."""

    __slots__ = ("_edges", "find")

    def __init__(self, phrases: Iterable[str], anywhere: Iterable[str] = (), hints: Iterable[str] = ()) -> None:
        words, parts, others = sorted(set(phrases)), list(anywhere), list(hints)
        self._edges = [*map(_edges, words), *(0 for _ in parts), *(_HINT for _ in others)]
        self.find = ahocorasick_rs.AhoCorasick([*words, *parts, *others], store_patterns=False).find_matches_as_indexes

    def places(self, text: str) -> Iterator[int]:
        """Where they stand as whole words."""
        edges = self._edges
        for index, start, end in self.find(text, overlapping=True):
            edge = edges[index]
            if edge & 1 and start and _latin(text[start - 1]):
                continue
            if edge & 2 and _latin(text[end : end + 1]):
                continue
            if edge != _HINT:
                yield start

    def hold(self, text: str) -> bool:
        """Whether any of them does."""
        return next(self.places(text), -1) >= 0


def _edges(phrase: str) -> int:
    return _latin(phrase[0]) + 2 * _latin(phrase[-1])


def _latin(char: str) -> bool:
    return char.isalnum() and char < "\u0250"


@dataclass(slots=True)
class Lexicon:
    """Everything the classifier knows."""

    symbols: Symbols = field(default_factory=Symbols)
    grammars: dict[str, Grammar] = field(default_factory=dict)
    rules: tuple[RequestRule, ...] = ()
    deciding: Callable[[int], RequestRule | None] = lambda _: None
    bits: dict[str, int] = field(default_factory=dict)  # every feature, and the groups "@things", "@acts", "@kept"
    request_anchors: Anchors = field(default_factory=lambda: Anchors(["\0"]))
    moving: Anchors = field(default_factory=lambda: Anchors(["\0"]))
    reply_anchors: Anchors = field(default_factory=lambda: Anchors(["\0"]))
    names_in_quotes: frozenset[str] = frozenset()  # symbols that a name in quotation marks may hold
    inside_quotes: Any = None
    cover_of: tuple[str, ...] = ()  # the placeholder for a quotation that holds the phrase
    covers: tuple[str, ...] = ()  # all of them, the most telling first
    han: Grammar | None = None
    markers: Any = None
    marker_language: tuple[str, ...] = ()
    foreign: Anchors = field(default_factory=lambda: Anchors(["\0"]))  # markers of all but the first language

    @property
    def first(self) -> Grammar:
        """The language of a text that gives no hint."""
        return next(iter(self.grammars.values()))


def forms(entry: str) -> Iterator[tuple[str, bool]]:
    """`(sign|log) (me |)in` written out; `word~` adds its common misspellings."""
    if not any(char.isalnum() for char in entry):
        yield entry, False  # punctuation stands for itself
        return
    for n, choice in enumerate(_written_out(entry)):
        if n >= MAX_FORMS:
            raise ValueError(f"more than {MAX_FORMS} forms")
        words = choice.replace("-", " ").replace("_", " ").split()
        right = [word.rstrip("~") for word in words]
        yield " ".join(right), False
        for place, word in enumerate(words):
            for wrong in misspellings(right[place]) if word.endswith("~") else ():
                yield " ".join([*right[:place], wrong, *right[place + 1 :]]), True


def _written_out(entry: str) -> Iterator[str]:
    inner = _CHOICE.search(entry)
    if inner is None:
        yield entry
        return
    for option in inner[1].split("|"):
        yield from _written_out(entry[: inner.start()] + option + entry[inner.end() :])


class _Words:
    """Phrases of one grammar; a later language's phrase wins, a right spelling wins over a wrong one."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.slot: dict[str, str] = {}
        self.own: set[str] = set()
        self.guessed: set[str] = set()

    def read(self, source: Source, own: bool) -> None:
        never = set(source.strings("not_typos")) if "not_typos" in source.value else set()
        wrong: dict[str, str] = {}
        for name in source.mapping("slots"):
            self.symbols.add(name)
            for n, entry in enumerate(source.strings("slots", name)):
                self._entry(source, name, n, entry, own, wrong)
        for phrase, name in wrong.items():
            if phrase not in self.slot and phrase not in never:
                self.slot[phrase] = name
                self.guessed.add(phrase)
                if own:
                    self.own.add(phrase)

    def _entry(self, source: Source, name: str, n: int, entry: str, own: bool, wrong: dict[str, str]) -> None:
        try:
            for form, guessed in forms(entry):
                if guessed:
                    wrong.setdefault(form, name)
                    continue
                self.slot[form] = name
                self.guessed.discard(form)
                (self.own.add if own else self.own.discard)(form)
        except ValueError as error:
            raise source.fault(("slots", name, n), str(error)) from None


def wrapped(text: str) -> str:
    """Latin words between marks of their own, so that a phrase is only found where it is whole words."""
    return _EDGE.sub("\x01", text)


def _automaton(phrases: Iterable[str]) -> Any:
    return ahocorasick_rs.AhoCorasick(
        list(phrases), matchkind=ahocorasick_rs.MatchKind.LeftmostLongest, store_patterns=False
    )


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
    parting = full | frozenset(map(symbols.char, ("comma", "colon", "dash", "but", "hence")))
    skip, other, ask, hence = map(symbols.char, ("skip", "x", "ask", "hence"))
    return Joints(skip, other, ask, hence, parting, full)


class _Reader:
    """Builds one grammar out of a folder."""

    def __init__(self, lexicon: Lexicon, common: Source, folder: Traversable, words: Source) -> None:
        self.lexicon, self.common, self.words = lexicon, common, words
        self.request = Source(folder / "request.yaml")
        self.reply = Source(folder / "reply.yaml")
        self.choice = Source(folder / "choice.yaml")
        self.language = folder.name

    def grammar(self, others: dict[str, Source]) -> Grammar:
        self.words.only({"script", "mixes", "markers", "slots", "not_typos", "variants", "reply_anchors"})
        self.request.only({"groups", "marks", "shapes"})
        vocabulary = _Words(self.lexicon.symbols)
        vocabulary.read(self.common, own=False)
        for name in self.words.strings("mixes") if "mixes" in self.words.value else []:
            vocabulary.read(others[name], own=False)
        vocabulary.read(self.words, own=True)
        symbols = self.lexicon.symbols
        for mark in self.request.items("marks"):
            for into in mark["turn"].values():
                symbols.add(into)
        for shape in self.request.mapping("shapes"):
            symbols.add(shape)
        phrases = list(vocabulary.slot)
        variants = self._variants()
        han = self.words.value.get("script") == "han"
        return Grammar(
            language=self.language,
            script=str(self.words.value.get("script", "latin")),
            joints=_joints(symbols),
            automaton=_automaton(map(wrapped, phrases)),
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
        for plain, others in (self.words.mapping("variants") if "variants" in self.words.value else {}).items():
            table.update(dict.fromkeys(map(ord, others), plain))
        return table

    def _groups(self, source: Source, above: dict[str, str]) -> dict[str, str]:
        groups = {name: str(value).split() for name, value in source.value.get("groups", {}).items()}
        try:
            return expand_groups(groups, self.lexicon.symbols, above)
        except KeyError as error:
            raise source.fault(("groups",), f"unknown slot {error}") from None

    def _compiled(self, source: Source, classes: dict[str, str], *path: str | int) -> re.Pattern[str]:
        try:
            alternatives = [compile_pattern(p, self.lexicon.symbols, classes).pattern for p in source.strings(*path)]
            return re.compile("|".join(f"(?:{p})" for p in alternatives) if len(alternatives) > 1 else alternatives[0])
        except ValueError as error:
            raise source.fault(path, str(error)) from None

    def _marks(self) -> tuple[tuple[re.Pattern[str], dict[str, str]], ...]:
        symbols, classes, marks = self.lexicon.symbols, self._groups(self.request, {}), []
        for n, mark in enumerate(self.request.items("marks")):
            turn = {symbols.char(a): symbols.char(b) for a, b in mark["turn"].items()}
            for k, _ in enumerate(self.request.strings("marks", n, "when")):
                path = ("marks", n, "when", k) if isinstance(mark["when"], list) else ("marks", n, "when")
                marks.append((self._compiled(self.request, classes, *path), turn))
        return tuple(marks)

    def _shapes(self) -> tuple[tuple[re.Pattern[str], int], ...]:
        classes = self._groups(self.request, {})
        return tuple(
            (self._compiled(self.request, classes, "shapes", name), self.lexicon.symbols.bit(name))
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
            patterns = tuple(
                compile_pattern(p, self.lexicon.symbols, classes) for p in source.strings(state, n, "when")
            )
        except (ValueError, KeyError) as error:
            raise source.fault((state, n), str(error)) from None
        return ReplyRule(
            rule["rule"], label, patterns, bool(rule.get("weak")), bool(rule.get("fresh")), bool(rule.get("whole"))
        )


def _request_rules(source: Source, symbols: Symbols) -> tuple[RequestRule, ...]:
    rules = []
    doubt = str(source.value.get("doubt", ""))
    for n, rule in enumerate(source.items("rules")):
        source.only({"rule", "label", "cite", "all", "any", "any2", "any3", "none"}, "rules", n)

        def bits(key: str, n: int = n, rule: dict[str, Any] = rule) -> int:
            total = 0
            for name in str(rule.get(key, "")).replace("@doubt", doubt).split():
                if not symbols.known(name):
                    raise source.fault(("rules", n, key), f"unknown feature {name!r}")
                total |= symbols.bit(name)
            return total

        some = tuple(b for b in (bits("any"), bits("any2"), bits("any3")) if b)
        try:
            label = Label(rule["label"])
        except (ValueError, KeyError):
            raise source.fault(("rules", n, "label"), "must be a label") from None
        rules.append(RequestRule(rule["rule"], label, bits("all"), some, bits("none")))
    return tuple(rules)


def _decision(rules: Sequence[RequestRule]) -> Callable[[int], RequestRule | None]:
    """The first rule that holds for the features of a clause; the same features are judged once."""

    @lru_cache(maxsize=REMEMBERED)
    def deciding(mask: int) -> RequestRule | None:
        for rule in rules:
            if mask & rule.every == rule.every and not mask & rule.none and all(mask & some for some in rule.some):
                return rule
        return None

    return deciding


def load(root: Traversable | None = None) -> Lexicon:
    """Read and check every language under `root` (default: those of the package)."""
    root = root or resources.files("intents")
    lexicon = Lexicon()
    common, rules = Source(root / "common.yaml"), Source(root / "rules.yaml")
    for name in [*common.strings("features"), "x"]:
        lexicon.symbols.add(name)
    folders = sorted(
        (f for f in root.iterdir() if (f / "words.yaml").is_file()), key=lambda f: (f.name != "en", f.name)
    )
    words = {folder.name: Source(folder / "words.yaml") for folder in folders}
    for source in words.values():  # every slot of every language is known before any pattern is read
        for name in source.mapping("slots"):
            lexicon.symbols.add(name)
    for folder in folders:
        lexicon.grammars[folder.name] = _Reader(lexicon, common, folder, words[folder.name]).grammar(words)
    lexicon.han = next((g for g in lexicon.grammars.values() if g.script == "han"), None)
    lexicon.rules = _request_rules(rules, lexicon.symbols)
    lexicon.deciding = _decision(lexicon.rules)
    lexicon.bits = _bits(common, lexicon.symbols)
    _anchor(lexicon, common, words)
    return lexicon


def _bits(common: Source, symbols: Symbols) -> dict[str, int]:
    bits = {name: symbols.bit(name) for name in symbols.names}
    for name in ("things", "names", "acts", "states", "kept", "ways"):
        bits[f"@{name}"] = sum(bits[slot] for slot in common.strings(name))
    return bits


def _anchor(lexicon: Lexicon, common: Source, words: dict[str, Source]) -> None:
    # Each language by itself: a word of one may be something else in another.
    spoken = {
        (p, lexicon.symbols.spell(s))
        for g in lexicon.grammars.values()
        for p, s in zip(g.phrases, g.slots, strict=True)
    }
    wanted, replies = set(common.strings("request_anchors")), set(common.strings("reply_anchors"))
    back: dict[str, list[str]] = {}
    for grammar in lexicon.grammars.values():
        for code, plain in grammar.variants.items():
            back.setdefault(plain, []).append(chr(code))
    lexicon.names_in_quotes = frozenset(map(lexicon.symbols.char, common.strings("names_in_quotes")))
    kinds = {
        slot: common.strings("slots", name)[0]
        for name in reversed(common.mapping("inside_quotes"))
        for slot in common.strings("inside_quotes", name)
    }
    held = [(p, kinds[s]) for p, s in spoken if s in kinds]
    lexicon.inside_quotes = ahocorasick_rs.AhoCorasick([p for p, _ in held], store_patterns=False)
    lexicon.cover_of = tuple(cover for _, cover in held)
    lexicon.covers = tuple(common.strings("slots", name)[0] for name in common.mapping("inside_quotes"))
    marked = [(mark, name) for name, source in words.items() for mark in source.value.get("markers", ())]
    first = next(iter(words))
    foreign = [mark for mark, name in marked if name != first]
    pasted = common.strings("raw_anchors")
    moving = set(common.strings("moving"))
    lexicon.request_anchors = Anchors(_raw({p for p, s in spoken if s in wanted}, back), pasted, foreign)
    lexicon.moving = Anchors(_raw({p for p, s in spoken if s in moving}, back), pasted)
    lexicon.reply_anchors = Anchors(_raw({p for p, s in spoken if s in replies}, back), pasted)
    lexicon.markers = ahocorasick_rs.AhoCorasick([mark for mark, _ in marked] or ["\0"])
    lexicon.marker_language = tuple(name for _, name in marked)
    lexicon.foreign = Anchors(foreign or ["\0"])


def _raw(phrases: Iterable[str], back: dict[str, list[str]]) -> Iterator[str]:
    """An anchor as it may stand in text that was not folded yet: hyphens, traditional characters."""
    for phrase in phrases:
        yield phrase
        if " " in phrase:
            yield phrase.replace(" ", "-")
        if any(char in back for char in phrase) and len(phrase) <= 4:
            for choice in product(*([char, *back.get(char, [])] for char in phrase)):
                yield "".join(choice)
