"""Clauses as frames of evidence: the slots found, in order, and what their order says about them."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from intents.anchors import wrapped
from intents.apart import secrets, set_apart
from intents.grammar import MAX_SYMBOLS, Grammar
from intents.lexicon import Lexicon
from intents.text import FILLER, Folded, comparable, ends_of, fold

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD = re.compile(r"[^\W_]")
_PLACE = {"pastedkey": "\x0e", "vendorkey": "\x0f", "token": "\x10", "program": "\x11", "quote": "\x12"}
_UNKNOWN = -1

# A phrase of the lexicon, or a run of words that no lexicon knows: where it stands in the wrapped text, its symbol,
# and which phrase of the grammar it is.
Token = tuple[int, int, str, int]


@dataclass(slots=True)
class Frame:
    """One clause."""

    symbols: str
    features: int
    tokens: list[Token]
    start: int  # to tell earlier from later
    sentence: int
    joint: str  # the symbol before it: what parts it from the last clause
    ends: str  # the symbol of the punctuation behind it, "" at the end of the text
    grammar: str  # whose word order it was read by


@dataclass(slots=True)
class Scan:
    """All clauses of a text, in order, and the way back to where their words stand in it."""

    frames: tuple[Frame, ...]
    language: str | None  # of the person's own words; None when there are none
    grammar: Grammar
    text: str  # folded and wrapped
    folded: Folded
    length: int  # of what was judged
    before: int  # of a document: where its middle was left out
    left_out: int  # and how many characters that were
    ends: dict[int, int]  # where a pasted key ends, by where it starts

    def places(self, frame: Frame) -> Iterator[tuple[int, int, str]]:
        """The words of a clause that the lexicon knows, in the original text."""
        for start, end, symbol, phrase in frame.tokens:
            if phrase != _UNKNOWN:
                first, after = self.folded.back(self._before(start), self._before(end), self.length)
                after = self.ends.get(first, after)
                shift = self.left_out if first > self.before else 0
                yield first + shift, after + shift, symbol

    def _before(self, place: int) -> int:
        return place - self.text.count("\x01", 0, place)


def scan(text: str, plain: str, known: Lexicon) -> Scan:
    """Cover what is not the person's own words, find the phrases, build the clauses."""
    text, before, left_out = ends_of(text)
    grammar = grammar_of(plain, known)
    shown, ends = _covered(text, grammar, known)
    folded = fold(shown, grammar.table)
    inside = wrapped(folded.text)
    tokens = list(_tokens(inside, grammar))
    own = any(phrase != _UNKNOWN and grammar.own[phrase] for _, _, _, phrase in tokens)
    frames = tuple(_frames(tokens, grammar, known))
    return Scan(frames, grammar.language if own else None, grammar, inside, folded, len(text), before, left_out, ends)


def grammar_of(plain: str, known: Lexicon) -> Grammar:
    """By the script, else by the commonest little words."""
    if known.han and not plain.isascii() and _HAN.search(plain):
        return known.han
    if not known.foreign.find(plain):
        return known.first
    votes = Counter(known.marker_language[word] for _, word in known.markers.places(plain))
    first = known.first.language
    return known.grammars[max(votes, key=lambda name: (votes[name], name == first)) if votes else first]


def _covered(text: str, grammar: Grammar, known: Lexicon) -> tuple[str, dict[int, int]]:
    """The text with keys, code and quotations covered by one placeholder each, places kept; and where keys end."""
    parts = secrets(text)
    ends = {part.start: part.end for part in parts}
    for part in set_apart(text):
        if not any(p.start < part.end and part.start < p.end for p in parts):
            parts.append(part)
    out, last = [], 0
    for part in sorted(parts, key=lambda part: part.start):
        inside = text[part.start : part.end]
        cover = _PLACE[part.kind]
        if part.kind == "quote":
            cover = _quoted(inside, known)
            if cover != _PLACE["quote"] and _is_name(inside[1:-1], grammar, known):
                continue
        out += [text[last : part.start], cover, FILLER * (len(inside) - 1)]
        last = part.end
    return "".join([*out, text[last:]]), ends


def _is_name(inside: str, grammar: Grammar, known: Lexicon) -> bool:
    """Quotation marks around no more than a name: my "ChatGPT Plus" account."""
    tokens = _tokens(wrapped(fold(inside, grammar.table).text), grammar)
    return all(symbol in known.names_in_quotes for _, _, symbol, _ in tokens)


def _quoted(inside: str, known: Lexicon) -> str:
    """What is quoted is not said; but that it names our product, or an error, tells what is spoken about."""
    plain = comparable(inside).replace("_", " ")
    hits = known.inside_quotes.find_matches_as_indexes(plain, overlapping=True)
    return min((known.cover_of[index] for index, _, _ in hits), default=_PLACE["quote"], key=known.covers.index)


def _tokens(text: str, grammar: Grammar) -> Iterator[Token]:
    """Leftmost, then longest, whole words only; what is left between them is a word that nobody knows."""
    last, slots, other = 0, grammar.slots, grammar.joints.other
    for index, start, end in grammar.automaton.find_matches_as_indexes(text):
        if end - start == 1 and text[start] in ".,:/" and _inside_a_word(text, start):
            continue
        if start > last and text[last:start] != " " and _WORD.search(text, last, start):
            yield last, start, other, _UNKNOWN
        yield start, end, slots[index], index
        last = end
    if _WORD.search(text, last):
        yield last, len(text), other, _UNKNOWN


def _inside_a_word(text: str, place: int) -> bool:
    """`5.1`, `openai.com`, `12:30`, `1,000`: punctuation that parts nothing."""
    if text[place - 1 : place] != "\x01" or text[place + 1 : place + 2] != "\x01":
        return False
    return text[place] in "./" or (text[place - 2].isdigit() and text[place + 2].isdigit())


def _frames(tokens: list[Token], grammar: Grammar, known: Lexicon) -> Iterator[Frame]:
    joints = grammar.joints
    current: list[Token] = []
    sentence, joint = 0, ""
    for token in tokens:
        symbol = token[2]
        if current and symbol in joints.listed and grammar.phrases[token[3]].endswith(")"):
            yield _frame(current, "", sentence, joint, grammar)  # "1) mute it 2) sign me in"
            current = []
        elif symbol not in joints.parting:
            current.append(token)
        else:
            if current:
                yield _frame(current, symbol, sentence, joint, grammar)
            current, joint = ([token] if symbol in joints.leading else []), symbol
            sentence += symbol in joints.full
    if current:
        yield _frame(current, "", sentence, joint, grammar)


def _frame(tokens: list[Token], end: str, sentence: int, joint: str, grammar: Grammar) -> Frame:
    spelled = "".join([token[2] for token in tokens]).replace(grammar.joints.skip, "")[:MAX_SYMBOLS]
    symbols, features = grammar.understood(spelled + end if end == grammar.joints.ask else spelled)
    return Frame(symbols, features, tokens, tokens[0][0], sentence, joint, end, grammar.language)
