"""The folders of YAML as one frozen, validated lexicon: slots, word order and rules, read once."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import product
from typing import Any

import ahocorasick_rs

from intents.labels import Label
from intents.patterns import Symbols, compile_pattern, expand_groups
from intents.source import LexiconError, Source
from intents.typos import misspellings

__all__ = ["Grammar", "Lexicon", "LexiconError", "ReplyRule", "RequestRule", "load"]

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
class Grammar:
    """One language: its words in an automaton, its word order in patterns."""

    language: str
    script: str
    automaton: Any
    phrases: tuple[str, ...]
    slots: tuple[str, ...]  # symbol of each phrase
    edges: tuple[int, ...]  # 1: a letter may not stand before it, 2: nor after it
    own: tuple[bool, ...]  # whether the phrase tells the language
    variants: dict[int, str]
    marks: tuple[tuple[re.Pattern[str], dict[str, str]], ...]
    shapes: tuple[tuple[re.Pattern[str], int], ...]
    replies: dict[str, tuple[ReplyRule, ...]]


@dataclass(slots=True)
class Lexicon:
    """Everything the classifier knows."""

    symbols: Symbols = field(default_factory=Symbols)
    grammars: dict[str, Grammar] = field(default_factory=dict)
    rules: tuple[RequestRule, ...] = ()
    bits: dict[str, int] = field(default_factory=dict)  # every feature, and the groups "@things", "@acts", "@kept"
    request_anchors: Any = None
    reply_anchors: Any = None
    names_in_quotes: tuple[str, ...] = ()  # slots that a name in quotation marks may fill
    inside_quotes: dict[str, Any] = field(default_factory=dict)  # placeholder -> automaton
    markers: Any = None
    marker_language: tuple[str, ...] = ()


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


def _edges(phrase: str) -> int:
    def latin(char: str) -> bool:
        return char.isalnum() and char < "\u0250"

    return latin(phrase[0]) + 2 * latin(phrase[-1])


def _automaton(phrases: Iterable[str]) -> Any:
    return ahocorasick_rs.AhoCorasick(list(phrases), store_patterns=False)


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
        return Grammar(
            self.language,
            str(self.words.value.get("script", "latin")),
            _automaton(phrases),
            tuple(phrases),
            tuple(symbols.char(vocabulary.slot[p]) for p in phrases),
            tuple(map(_edges, phrases)),
            tuple(p in vocabulary.own for p in phrases),
            variants,
            self._marks(),
            self._shapes(),
            self._replies(),
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
    lexicon.rules = _request_rules(rules, lexicon.symbols)
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
    lexicon.names_in_quotes = tuple(common.strings("names_in_quotes"))
    for name in common.mapping("inside_quotes"):
        slots = set(common.strings("inside_quotes", name))
        cover = common.strings("slots", name)[0]
        lexicon.inside_quotes[cover] = _automaton(p for p, s in spoken if s in slots)
    pasted = common.strings("raw_anchors")
    lexicon.request_anchors = _automaton([*_raw({p for p, s in spoken if s in wanted}, back), *pasted])
    lexicon.reply_anchors = _automaton([*_raw({p for p, s in spoken if s in replies}, back), *pasted])
    marked = [
        (m, name)
        for name, source in words.items()
        for m in (source.strings("markers") if "markers" in source.value else [])
    ]
    lexicon.markers = _automaton([m for m, _ in marked] or ["\x00"])
    lexicon.marker_language = tuple(name for _, name in marked)


def _raw(phrases: Iterable[str], back: dict[str, list[str]]) -> Iterator[str]:
    """An anchor as it may stand in text that was not folded yet: hyphens, traditional characters."""
    for phrase in phrases:
        yield phrase
        if " " in phrase:
            yield phrase.replace(" ", "-")
        if any(char in back for char in phrase) and len(phrase) <= 4:
            for choice in product(*([char, *back.get(char, [])] for char in phrase)):
                yield "".join(choice)
