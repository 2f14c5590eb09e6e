"""The folders of YAML as one validated lexicon, read once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import ahocorasick_rs

from intents.anchors import Anchors, as_typed, simplest
from intents.grammar import PUNCTUATION, Grammar, Reader
from intents.learned import Guess, guessing
from intents.patterns import Symbols
from intents.rules import RequestRule, decision, read_rules
from intents.source import LexiconError, Source

__all__ = ["Lexicon", "LexiconError", "load"]

_NOTHING = Anchors(list)


@dataclass(eq=False)
class Lexicon:
    """Everything the classifier knows."""

    symbols: Symbols = field(default_factory=Symbols)
    grammars: dict[str, Grammar] = field(default_factory=dict)
    deciding: Callable[[int], RequestRule | None] = lambda _: None
    guess: Guess = lambda _: None
    bits: dict[str, int] = field(default_factory=dict)  # every feature, and the groups "@things", "@acts", "@kept"
    request_anchors: Anchors = _NOTHING
    moving: Anchors = _NOTHING
    names_in_quotes: frozenset[str] = frozenset()  # symbols that a name in quotation marks may hold
    inside_quotes: Any = None
    covers: tuple[str, ...] = ()  # the placeholders for what is quoted, the most telling first
    cover_of: tuple[int, ...] = ()  # which of them for a quotation that holds the phrase
    han: Grammar | None = None
    markers: Anchors = _NOTHING  # little words that tell a language
    marker_language: dict[str, str] = field(default_factory=dict)
    foreign: Anchors = _NOTHING  # markers of all but the first language

    @cached_property
    def first(self) -> Grammar:
        """The language of a text that gives no hint."""
        return next(iter(self.grammars.values()))


def load(root: Traversable | None = None) -> Lexicon:
    """Read and check every language under `root` (default: those of the package)."""
    root = root or resources.files("intents")
    lexicon = Lexicon()
    common, rules = Source(root / "common.yaml"), Source(root / "rules.yaml")
    lexicon.symbols.add_all([*common.strings("features"), "x"])
    folders = sorted(
        (f for f in root.iterdir() if (f / "words.yaml").is_file()), key=lambda f: (f.name != "en", f.name)
    )
    words = {folder.name: Source(folder / "words.yaml") for folder in folders}
    for source in (common, *words.values()):  # every slot of every language is known before any pattern is read
        lexicon.symbols.add_all(source.mapping("slots"))
    for name in PUNCTUATION:
        if not lexicon.symbols.known(name):
            raise common.fault(("slots",), f"{name!r} is missing")
    for folder in folders:
        lexicon.grammars[folder.name] = Reader(lexicon.symbols, common, folder, words[folder.name]).grammar(words)
    lexicon.han = next((g for g in lexicon.grammars.values() if g.script == "han"), None)
    lexicon.bits = _bits(common, lexicon.symbols)
    lexicon.deciding = decision(read_rules(rules, lexicon.symbols))
    lexicon.guess = guessing(root, lexicon.symbols)
    _anchor(lexicon, common, words)
    return lexicon


def _bits(common: Source, symbols: Symbols) -> dict[str, int]:
    bits = {name: symbols.bit(name) for name in symbols.names}
    for name in ("things", "names", "acts", "states", "kept", "ways", "concerns", "asking"):
        bits[f"@{name}"] = sum(bits[slot] for slot in _known(symbols, common, name))
    return bits


def _known(symbols: Symbols, common: Source, *path: str) -> list[str]:
    """The slots and features that a list of `common.yaml` names."""
    for n, name in enumerate(common.strings(*path)):
        if not symbols.known(name):
            raise common.fault((*path, n), f"unknown slot or feature {name!r}")
    return common.strings(*path)


def _anchor(lexicon: Lexicon, common: Source, words: Mapping[str, Source]) -> None:
    def slots(*path: str) -> Iterator[str]:
        return map(lexicon.symbols.char, _known(lexicon.symbols, common, *path))

    # Each language by itself: a word of one may be something else in another.
    spoken = dict.fromkeys(pair for g in lexicon.grammars.values() for pair in zip(g.phrases, g.slots, strict=True))
    back: dict[str, list[str]] = {}
    for grammar in lexicon.grammars.values():
        for other, plain in grammar.variants.items():
            back.setdefault(plain, []).append(other)

    def typed(name: str) -> Iterator[str]:
        wanted = frozenset(slots(name))
        return as_typed(simplest([*dict.fromkeys(phrase for phrase, slot in spoken if slot in wanted)]), back)

    lexicon.names_in_quotes = frozenset(slots("names_in_quotes"))
    for name in common.mapping("inside_quotes"):
        if not common.strings("slots", name):
            raise common.fault(("inside_quotes", name), "has no words among the slots")
    lexicon.covers = tuple(common.strings("slots", name)[0] for name in common.mapping("inside_quotes"))
    kinds: dict[str, int] = {}
    for rank, name in enumerate(common.mapping("inside_quotes")):
        for slot in slots("inside_quotes", name):
            kinds.setdefault(slot, rank)
    held = [(form, kinds[slot]) for phrase, slot in spoken if slot in kinds for form in as_typed([phrase], back)]
    lexicon.inside_quotes = ahocorasick_rs.AhoCorasick([form for form, _ in held], store_patterns=False)
    lexicon.cover_of = tuple(rank for _, rank in held)
    marked = [(mark, name) for name, source in words.items() for mark in source.strings("markers")]
    foreign = [mark for mark, name in marked if name != next(iter(words))]
    pasted = common.strings("raw_anchors")
    lexicon.request_anchors = Anchors(partial(typed, "request_anchors"), pasted, foreign)
    lexicon.moving = Anchors(partial(typed, "moving"), pasted)
    lexicon.markers = Anchors(lambda: [mark for mark, _ in marked])
    lexicon.marker_language = dict(marked)
    lexicon.foreign = Anchors(lambda: foreign)
