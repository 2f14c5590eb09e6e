"""Clauses as frames of evidence: the slots found, in order, and what their order says about them."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from intents.anchors import Match, wrapped
from intents.apart import parts
from intents.grammar import Grammar
from intents.lexicon import Lexicon
from intents.text import FILLER, Folded, comparable, ends_of, fold

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD = re.compile(r"[^\W_]")
_PLACE = {"pastedkey": "\x0e", "vendorkey": "\x0f", "token": "\x10", "program": "\x11", "quote": "\x12"}
_POINT = re.compile("\x01[.,:/]\x01")  # between two words


@dataclass(slots=True)
class Frame:
    """One clause."""

    symbols: str
    features: int
    first: int  # of the matches it holds
    after: int
    sentence: int
    joint: str  # the symbol before it: what parts it from the last clause
    ends: str  # the symbol of the punctuation behind it, "" at the end of the text
    grammar: str  # whose word order it was read by


@dataclass(slots=True)
class Scan:
    """All clauses of a text, in order, and the way back to where their words stand in it."""

    frames: tuple[Frame, ...]
    grammar: Grammar
    matches: list[Match]
    text: str  # folded and wrapped
    folded: Folded
    length: int  # of what was judged
    before: int  # of a document: where its middle was left out
    left_out: int  # and how many characters that were
    ends: dict[int, int]  # where a pasted key ends, by where it starts

    @property
    def language(self) -> str | None:
        """Of the person's own words; None when there are none."""
        own = self.grammar.own
        return self.grammar.language if any(own[phrase] for phrase, _, _ in self.matches) else None

    def places(self, frame: Frame) -> Iterator[tuple[int, int, str]]:
        """The words of a clause that the lexicon knows, in the original text."""
        other = self.grammar.joints.other
        for phrase, start, end in self.matches[frame.first : frame.after]:
            if self.grammar.slots[phrase] != other:
                first, after = self.folded.back(self._before(start), self._before(end), self.length)
                after = self.ends.get(first, after)
                shift = self.left_out if first > self.before else 0
                yield first + shift, after + shift, self.grammar.slots[phrase]

    def _before(self, place: int) -> int:
        return place - self.text.count("\x01", 0, place)


def scan(text: str, plain: str, known: Lexicon) -> Scan:
    """Cover what is not the person's own words, find the phrases, build the clauses."""
    text, before, left_out = ends_of(text)
    grammar = grammar_of(plain, known)
    shown, ends = _covered(text, grammar, known)
    folded = fold(shown, grammar.table)
    inside = wrapped(folded.text)
    matches = _matches(inside, grammar)
    frames = tuple(_frames(inside, matches, grammar))
    return Scan(frames, grammar, matches, inside, folded, len(text), before, left_out, ends)


def grammar_of(plain: str, known: Lexicon) -> Grammar:
    """By the script, else by the commonest little words."""
    if known.han and not plain.isascii() and _HAN.search(plain):
        return known.han
    if not known.foreign.hold(plain):
        return known.first
    votes = Counter(known.marker_language[word] for _, word in known.markers.places(plain))
    first = known.first.language
    # Of two with as many, not the first language: the others know its words too (`mixes`).
    return known.grammars[max(votes, key=lambda name: (votes[name], name != first)) if votes else first]


def _covered(text: str, grammar: Grammar, known: Lexicon) -> tuple[str, dict[int, int]]:
    """The text with keys, code and quotations covered by one placeholder each, places kept; and where keys end."""
    found = parts(text)
    if not found:
        return text, {}
    ends = {part.start: part.end for part in found if part.kind in ("pastedkey", "vendorkey", "token")}
    out, last = [], 0
    for part in found:
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
    text = wrapped(fold(inside, grammar.table).text)
    matches = _matches(text, grammar)
    gaps = zip([0, *(end for _, _, end in matches)], [*(start for _, start, _ in matches), len(text)], strict=True)
    named = all(grammar.slots[phrase] in known.names_in_quotes for phrase, _, _ in matches)
    return named and not any(_WORD.search(text, *gap) for gap in gaps)


def _quoted(inside: str, known: Lexicon) -> str:
    """What is quoted is not said; but that it names our product, or an error, tells what is spoken about."""
    plain = comparable(inside).replace("_", " ")
    hits = known.inside_quotes.find_matches_as_indexes(plain, overlapping=True)
    return min((known.cover_of[index] for index, _, _ in hits), default=_PLACE["quote"], key=known.covers.index)


def _matches(text: str, grammar: Grammar) -> list[Match]:
    """The phrases in it: leftmost, then longest, whole words only."""
    matches = grammar.find(text)
    if not _POINT.search(text):
        return matches
    return [m for m in matches if m[2] - m[1] > 1 or text[m[1]] not in ".,:/" or not _inside_a_word(text, m[1])]


def _inside_a_word(text: str, place: int) -> bool:
    """`5.1`, `openai.com`, `12:30`, `1,000`: punctuation that parts nothing."""
    if text[place - 1 : place] != "\x01" or text[place + 1 : place + 2] != "\x01":
        return False
    return text[place] in "./" or (text[place - 2].isdigit() and text[place + 2].isdigit())


def _frames(text: str, matches: list[Match], grammar: Grammar) -> Iterator[Frame]:
    """Clause by clause; what is left between two phrases is a word that nobody knows."""
    slots, joints = grammar.slots, grammar.joints
    other, parting = joints.other, joints.parting
    spelled, joint = "", ""
    last = first = sentence = 0
    for number, (phrase, start, end) in enumerate(matches):
        if start > last and text[last:start] != " " and _WORD.search(text, last, start):
            spelled += other
        last, symbol = end, slots[phrase]
        if symbol not in parting:
            spelled += symbol
            continue
        if spelled:
            yield _frame(spelled, first, number, sentence, joint, symbol, grammar)
        spelled, first = (symbol, number) if symbol == joints.hence else ("", number + 1)
        sentence += symbol in joints.full
        joint = symbol
    if _WORD.search(text, last):
        spelled += other
    if spelled:
        yield _frame(spelled, first, len(matches), sentence, joint, "", grammar)


def _frame(spelled: str, first: int, after: int, sentence: int, joint: str, ends: str, grammar: Grammar) -> Frame:
    symbols, features = grammar.understood(spelled, ends if ends == grammar.joints.ask else "")
    return Frame(symbols, features, first, after, sentence, joint, ends, grammar.language)
