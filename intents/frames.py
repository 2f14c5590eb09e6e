"""Clauses as frames of evidence: the slots found, in order, and what their order says about them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from intents.lexicon import Grammar, Lexicon
from intents.text import Folded, comparable, fold, secrets, set_apart

_GLANCE = 64  # characters
MAX_SYMBOLS = 64  # of one clause; patterns never see more
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD = re.compile(r"[^\W_]")
_NOWHERE: Mapping[int, int] = {}
_PLACE = {"pastedkey": "\ue8f0", "vendorkey": "\ue8f1", "token": "\ue8f2", "program": "\ue8f3", "quote": "\ue8f4"}


@dataclass(frozen=True, slots=True)
class Token:
    """A phrase of the lexicon, or a run of words that no lexicon knows."""

    start: int  # in the original text
    end: int
    symbol: str
    counts: bool = True  # shown as evidence
    own: bool = False  # a word of the language, not a name or a sign that every language shares


@dataclass(frozen=True, slots=True)
class Frame:
    """One clause."""

    symbols: str
    features: int
    tokens: tuple[Token, ...]
    start: int  # in the original text
    sentence: int
    joint: str  # the symbol before it: what parts it from the last clause
    ends: str  # the symbol of the punctuation behind it, "" at the end of the text
    grammar: str  # whose word order it was read by
    language: str | None


def build(text: str, plain: str, known: Lexicon) -> tuple[Frame, ...]:
    """All clauses of a text, in order."""
    grammar = _grammar(text, plain, known)
    shown, covered = _covered(text, grammar, known)
    folded = fold(shown, grammar.variants)
    return tuple(_Builder(grammar, known, folded, len(text), covered).frames())


def language_of(frames: Sequence[Frame], text: str) -> str | None:
    """The language of the person's own words, None when there are none."""
    return next((frame.language for frame in frames if frame.language), None)


def _grammar(text: str, plain: str, known: Lexicon) -> Grammar:
    if not text.isascii() and _HAN.search(text):
        return next((g for g in known.grammars.values() if g.script == "han"), next(iter(known.grammars.values())))
    votes = _votes(plain, known)
    best = max(known.grammars, key=lambda name: (votes.get(name, 0), name == "en"))
    return known.grammars[best]


def glimpsed(text: str, plain: str, known: Lexicon) -> str | None:
    """The language at a glance, for a text that nobody will answer."""
    if not text.isascii() and _HAN.search(text):
        return _grammar(text, plain, known).language
    votes = _votes(plain[:_GLANCE], known)
    return max(votes, key=lambda name: (votes[name], name == "en")) if votes else None


def _votes(plain: str, known: Lexicon) -> dict[str, int]:
    votes: dict[str, int] = {}
    for index, start, end in known.markers.find_matches_as_indexes(plain, overlapping=True):
        if not (plain[start - 1 : start].isalnum() or plain[end : end + 1].isalnum()):
            name = known.marker_language[index]
            votes[name] = votes.get(name, 0) + 1
    return votes


def _covered(text: str, grammar: Grammar, known: Lexicon) -> tuple[str, dict[int, int]]:
    """The text with keys, code and quotations covered by one placeholder each, positions kept; and where keys end."""
    parts = secrets(text)
    ends = {part.start: part.end for part in parts}
    for part in set_apart(text):
        if not any(p.start < part.end and part.start < p.end for p in parts):
            parts.append(part)
    for part in parts:
        inside = text[part.start : part.end]
        cover = _PLACE[part.kind]
        if part.kind == "quote":
            cover = _quoted(inside, known)
            if cover != _PLACE["quote"] and _is_name(inside[1:-1], grammar, known):
                continue
        text = text[: part.start] + cover + " " * (len(inside) - 1) + text[part.end :]
    return text, ends


def _is_name(inside: str, grammar: Grammar, known: Lexicon) -> bool:
    """Quotation marks around no more than a name: my "ChatGPT Plus" account."""
    names = {known.symbols.char(name) for name in known.names_in_quotes}
    tokens = _Builder(grammar, known, fold(inside, grammar.variants), len(inside)).tokens()
    return all(token.symbol in names for token in tokens)


def _quoted(inside: str, known: Lexicon) -> str:
    """What is quoted is not said; but that it names our product, or an error, tells what is spoken about."""
    plain = comparable(inside).replace("_", " ")
    for place, anchors in known.inside_quotes.items():
        if anchors.find_matches_as_indexes(plain):
            return place
    return _PLACE["quote"]


class _Builder:
    def __init__(
        self, grammar: Grammar, known: Lexicon, folded: Folded, length: int, ends: Mapping[int, int] = _NOWHERE
    ) -> None:
        self.grammar, self.known, self.folded, self.length, self.ends = grammar, known, folded, length, ends
        self.han = grammar.script == "han"
        symbols = known.symbols
        self.skip = symbols.char("skip")
        self.other = symbols.char("x")
        self.bounds = {symbols.char(name) for name in ("stop", "ask", "comma", "colon", "dash", "line", "but")}
        self.full = {symbols.char(name) for name in ("stop", "ask", "line")}
        self.hence = symbols.char("hence")  # parts clauses, and belongs to the second
        self.ask = symbols.char("ask")

    def frames(self) -> Iterator[Frame]:
        current: list[Token] = []
        sentence, joint = 0, ""
        for token in self.tokens():
            if token.symbol == self.hence and current:
                yield self._frame(current, token.symbol, sentence, joint)
                current, joint = [], token.symbol
            if token.symbol not in self.bounds:
                current.append(token)
                continue
            if current:
                yield self._frame(current, token.symbol, sentence, joint)
            current, joint = [], token.symbol
            sentence += token.symbol in self.full
        if current:
            yield self._frame(current, "", sentence, joint)

    def _frame(self, tokens: list[Token], end: str, sentence: int, joint: str) -> Frame:
        symbols = "".join([t.symbol for t in tokens if t.symbol != self.skip][:MAX_SYMBOLS])
        if end == self.ask:
            symbols += self.ask
        for pattern, turn in self.grammar.marks:
            symbols = pattern.sub(lambda m, turn=turn: _turned(m, turn), symbols)  # type: ignore[misc]
        features = 0
        for symbol in set(symbols):
            features |= 1 << (ord(symbol) - 0xE000)
        for pattern, bit in self.grammar.shapes:
            if pattern.search(symbols):
                features |= bit
        language = None
        if any(t.own for t in tokens):
            language = self.grammar.language
        return Frame(
            symbols, features, tuple(tokens), tokens[0].start, sentence, joint, end, self.grammar.language, language
        )

    def tokens(self) -> Iterator[Token]:
        text, folded = self.folded.text, self.folded
        last = 0
        for start, end, index in self._phrases():
            if _WORD.search(text, last, start):
                yield Token(*folded.back(last, start, self.length), self.other, False)
            symbol = self.grammar.slots[index]
            first, after = folded.back(start, end, self.length)
            yield Token(first, self.ends.get(first, after), symbol, own=self.han or self.grammar.own[index])
            last = end
        if _WORD.search(text, last):
            yield Token(*folded.back(last, len(text), self.length), self.other, False)

    def _phrases(self) -> Iterator[tuple[int, int, int]]:
        """Leftmost, then longest, whole words only."""
        text, edges = self.folded.text, self.grammar.edges
        longest: dict[int, tuple[int, int]] = {}
        for index, start, end in self.grammar.automaton.find_matches_as_indexes(text, overlapping=True):
            edge = edges[index]
            if edge & 1 and start and _joins(text[start - 1]):
                continue
            if edge & 2 and end < len(text) and _joins(text[end]):
                continue
            if end > longest.get(start, (0, 0))[0]:
                longest[start] = (end, index)
        last = 0
        for start in sorted(longest):
            if start >= last and not self._inside_a_word(start, longest[start][0]):
                end, index = longest[start]
                last = end
                yield start, end, index

    def _inside_a_word(self, start: int, end: int) -> bool:
        """`5.1`, `openai.com`, `12:30`, `1,000`: punctuation that parts nothing."""
        text = self.folded.text
        if end - start != 1 or text[start] not in ".,:/" or end >= len(text) or not start:
            return False
        before, after = text[start - 1], text[end]
        if text[start] in ",:":
            return before.isdigit() and after.isdigit()
        return _joins(before) and _joins(after)


def _joins(char: str) -> bool:
    return char.isalnum() and char < "\u0250"


def _turned(match: re.Match[str], turn: dict[str, str]) -> str:
    whole, shift = match.group(), match.start()
    for group in range(1, (match.re.groups or 0) + 1):
        a, b = match.span(group)
        if a >= 0:
            part = "".join(turn.get(c, c) for c in match.string[a:b])
            whole = whole[: a - shift] + part + whole[b - shift :]
    return whole
