"""Clauses as frames of evidence: the slots found, in order, and what their order says about them."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from intents.anchors import Match, wrapped
from intents.apart import parts
from intents.grammar import MAX_SYMBOLS, Grammar
from intents.lexicon import Lexicon
from intents.text import FILLER, comparable, ends_of, fold

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_OURS = re.compile("[\x01\x0e-\x12\x18\x1f]")  # characters that mean something here; nobody types them
_WORD = re.compile(r"[^\W_]")
_PLACE = {"pastedkey": "\x0e", "vendorkey": "\x0f", "token": "\x10", "program": "\x11", "quote": "\x12"}
# `5.1`, `openai.com`, `12:30`, `1,000`: punctuation that parts nothing.
_POINT = re.compile(r"[.,:/](?=\x01)(?:(?<=\x01[./])|(?<=\d\x01[,:])(?=\x01\d))", re.ASCII)


@dataclass(slots=True)
class Frame:
    """One clause."""

    symbols: str
    features: int
    start: int  # where it stands in the scan's symbols
    end: int
    sentence: int
    ends: str  # the symbol of the punctuation behind it, "" at the end of the text


class Scan:
    """All clauses of a text, in order, and the way back to where their words stand in it."""

    __slots__ = (
        *("_before", "_frames", "_left_out", "_length", "_matches", "_origin", "_symbols", "_text"),
        *("clauses", "grammar", "keys"),
    )

    def __init__(self, text: str, grammar: Grammar, known: Lexicon) -> None:
        """Cover what is not the person's own words, find the phrases, spell them as symbols."""
        shown, self._before, self._left_out = ends_of(text if text.isprintable() else _OURS.sub(" ", text))
        self._length = len(shown)
        self.grammar = grammar
        covered, self.keys = _covered(shown, grammar, known)
        plain, self._origin = fold(covered, grammar.unified)
        self._text = wrapped(plain)
        self._matches = _matches(self._text, grammar)
        self._symbols = symbols = _spelled(self._text, self._matches, grammar)
        understood = grammar.understood
        # The symbols of each, rewritten by the marks, and its features.
        self.clauses = [understood(own, ask) for own, ask in grammar.joints.clause.findall(symbols)]
        self._frames: tuple[Frame, ...] | None = None

    @property
    def language(self) -> str | None:
        """Of the person's own words; None when there are none."""
        own = self.grammar.own
        for phrase, _, _ in self._matches:
            if own[phrase]:
                return self.grammar.language
        return None

    @property
    def whole(self) -> bool:
        """Whether nothing of the text was left out."""
        return not self._left_out

    @property
    def frames(self) -> tuple[Frame, ...]:
        """Its clauses as frames, built when one of them could count."""
        if self._frames is None:
            self._frames = tuple(self._framed())
        return self._frames

    def _framed(self) -> Iterator[Frame]:
        symbols, full, sentence, last = self._symbols, self.grammar.joints.full, 0, 0
        for (understood, features), (start, end) in zip(self.clauses, self._bounds(), strict=True):
            for symbol in symbols[last:start]:
                sentence += symbol in full
            yield Frame(understood, features, start, end, sentence, symbols[end : end + 1])
            last = end

    def _bounds(self) -> Iterator[tuple[int, int]]:
        """Where each clause begins and ends among the symbols."""
        return (match.span(1) for match in self.grammar.joints.clause.finditer(self._symbols))

    @property
    def joined(self) -> str:
        """All clauses as one, parted by commas and `but`."""
        symbols, joints = self._symbols, self.grammar.joints
        comma, but, leading = joints.comma, joints.but, joints.leading
        if but not in symbols:
            return "".join([comma + understood for understood, _ in self.clauses])[:MAX_SYMBOLS]
        joined = ""
        for (understood, _), (start, _) in zip(self.clauses, self._bounds(), strict=True):
            reversing = symbols[start - 1 : start] == but and symbols[start] not in leading
            joined += (but if reversing else comma) + understood
        return joined[:MAX_SYMBOLS]

    def places(self, frame: Frame) -> Iterator[tuple[int, int, str]]:
        """The words of a clause that the lexicon knows, in the original text."""
        other, at = self.grammar.joints.other, list[int]()
        _spelled(self._text, self._matches, self.grammar, at)
        for place, (phrase, start, end) in zip(at, self._matches, strict=True):
            if not frame.start <= place < frame.end or self._symbols[place] == other:
                continue
            begins, ended = self._original(start), self._original(end)
            ended = max(self.keys.get(begins, ended), begins + 1)  # of "½", whose parts are one character
            shift = self._left_out if begins > self._before else 0
            yield begins + shift, ended + shift, self.grammar.slots[phrase]

    def _original(self, place: int) -> int:
        place -= self._text.count("\x01", 0, place)
        return place if self._origin is None else [*self._origin, self._length][place]


def grammar_of(plain: str, known: Lexicon) -> Grammar:
    """By the script, else by the commonest little words."""
    if known.han and not plain.isascii() and _HAN.search(plain):
        return known.han
    if not known.foreign.hold(plain):
        return known.first
    markers, first = known.markers, known.first.language
    found = [match for match in markers.matches(plain) if markers.whole(plain, match)]
    votes = Counter(known.marker_language[markers.words[index]] for index, _, _ in found)
    # Of two with as many, not the first language: the others know its words too (`mixes`).
    return known.grammars[max(votes, key=lambda name: (votes[name], name != first)) if votes else first]


def _covered(text: str, grammar: Grammar, known: Lexicon) -> tuple[str, dict[int, int]]:
    """The text with keys, code and quotations covered by one placeholder each, places kept; and where keys end."""
    found = parts(text)
    if not found:
        return text, {}
    keys, out, last = {}, [], 0
    for start, end, kind in found:
        cover = _PLACE[kind]
        if kind == "quote":
            cover = _quoted(text[start:end], known)
            if cover != _PLACE["quote"] and _is_name(text[start + 1 : end - 1], grammar, known):
                continue
        elif kind != "program":
            keys[start] = end
        out += [text[last:start], cover, FILLER * (end - start - 1)]
        last = end
    return "".join([*out, text[last:]]), keys


def _is_name(inside: str, grammar: Grammar, known: Lexicon) -> bool:
    """Quotation marks around no more than a name: my "ChatGPT Plus" account."""
    text = wrapped(fold(inside, grammar.unified)[0])
    return known.names_in_quotes.issuperset(_spelled(text, _matches(text, grammar), grammar))


def _quoted(inside: str, known: Lexicon) -> str:
    """What is quoted is not said; but that it names our product, or an error, tells what is spoken about."""
    plain = comparable(inside).replace("_", " ")
    hits = known.inside_quotes.find_matches_as_indexes(plain, overlapping=True)
    return known.covers[min([known.cover_of[index] for index, _, _ in hits])] if hits else _PLACE["quote"]


def _matches(text: str, grammar: Grammar) -> list[Match]:
    """The phrases in it: leftmost, then longest, whole words only."""
    matches = grammar.find(text)
    if "\x01.\x01" in text or "\x01,\x01" in text or "\x01:\x01" in text or "\x01/\x01" in text:
        points = {m.start() for m in _POINT.finditer(text)}
        return [m for m in matches if m[1] not in points or m[2] - m[1] > 1]
    return matches


def _spelled(text: str, matches: list[Match], grammar: Grammar, at: list[int] | None = None) -> str:
    """A symbol for every phrase; what is left between two of them is a word that nobody knows. `at` takes the place
    of each phrase among the symbols."""
    slots, joints, word = grammar.slots, grammar.joints, _WORD.search
    other, listed = joints.other, joints.listed
    spelled, last = list[str](), 0
    for phrase, start, end in matches:
        if start != last and (start - last > 1 or text[last] != " ") and word(text, last, start):
            spelled.append(other)
        symbol = slots[phrase]
        if symbol in listed and spelled and spelled[-1] not in joints.parting and grammar.phrases[phrase][-1] == ")":
            symbol = joints.comma  # "1) mute it 2) sign me in"
        if at is not None:
            at.append(len(spelled))
        spelled.append(symbol)
        last = end
    if word(text, last):
        spelled.append(other)
    return "".join(spelled)
