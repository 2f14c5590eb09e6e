"""One message under one of four questions: fold, scan, build frames, decide. Pure."""

import re
from functools import cache

from intents.anchors import Match
from intents.apart import secrets
from intents.decide import NOTHING, Verdict, answer, request, says_nothing
from intents.frames import Frame, Scan, grammar_of
from intents.grammar import STATES, Grammar
from intents.labels import NEVER_WHEN_TRUNCATED, Classification, Evidence, Label, Span
from intents.lexicon import Lexicon, load
from intents.text import bounded, comparable, ends_of, whole

_LETTER = re.compile(r"[^\W\d_]")
_LONGEST_ANSWER = 300  # Latin characters; half as many of other scripts; nobody answers "done?" in an essay
_NEAR = 120  # characters around a name
_MENTION = 70  # characters; below this a name alone may be a request
_ENOUGH = 200  # characters that tell the language of a message nobody looks into further


@cache
def lexicon() -> Lexicon:
    """Read on first use, then shared."""
    return load()


def warm_up() -> None:
    """Read every language now, which takes two to three seconds; else the first messages wait for it."""
    known = lexicon()
    for grammar in known.grammars.values():
        grammar.find("")
    for anchors in (known.request_anchors, known.moving, known.markers, known.foreign):
        anchors.matches("")


@cache
def _quiet(language: str | None) -> Classification:
    return Classification(Label.NONE, language)


class Reading:
    """One normalise and scan, shared by the four questions; each answer is worked out when asked for."""

    __slots__ = ("_all", "_answers", "_foreign", "_known", "_scanned", "_text", "_touched", "truncated")

    def __init__(self, text: str) -> None:
        self._text, self.truncated = bounded(text)
        self._known = known = lexicon()
        self._answers: dict[str | None, Classification] = {}
        self._scanned: Scan | None = None
        shown, _, left_out = ends_of(self._text)
        plain = comparable(shown)
        try:
            matches = known.request_anchors.matches(plain)
        except UnicodeEncodeError:  # lone surrogates: text to Python, to nobody else
            self._text, plain = whole(self._text), comparable(whole(shown))
            matches = known.request_anchors.matches(plain)
        self._all = None if left_out else plain
        self._foreign = len(plain) > _ENOUGH  # or it may be
        self._touched = bool(matches) and self._asks_for_a_look(plain, matches)

    @property
    def _plain(self) -> str:
        """All of it; of a document that needs a look worked out when asked for."""
        if self._all is None:
            self._all = comparable(whole(self._text))
        return self._all

    def _asks_for_a_look(self, plain: str, matches: list[Match]) -> bool:
        """Something of ours is named, and beside it stands a word that does something with it."""
        anchors = self._known.request_anchors
        places, first_hint, stands = [], anchors.first_hint, anchors.whole
        for match in matches:
            if match[0] < first_hint:
                if stands(plain, match):
                    places.append(match[1])
            elif not self._foreign:
                self._foreign = stands(plain, match)
        if len(plain) < _MENTION:
            return bool(places)
        past = -1
        for place in places:
            if place > past:
                past = place + _NEAR
                if self._known.moving.hold(plain[max(0, place - _NEAR) : past]):
                    return True
        return False

    def __repr__(self) -> str:
        return f"<Reading of {len(self._text)} characters>"

    def classify(self, state: str | None = None) -> Classification:
        """The label under the question that `state` stands for; an unknown state asks for requests."""
        question = state if state in STATES else None
        if not (question or self._touched or self.truncated):
            return _quiet(self.language)
        found = self._answers.get(question)
        if found is None:
            found = self._answers[question] = self._described(self._verdict(question))
        return found

    @property
    def silent(self) -> bool:
        """None in every reading: the message passes through and nobody needs to look further."""
        if self._touched and self._verdict(None).label is not Label.NONE:
            return False
        if not self._may_answer or says_nothing(self.scanned):
            return True
        return all(answer(self.scanned, self._known, state).label is Label.NONE for state in STATES)

    @property
    def language(self) -> str | None:
        """Of the person's own words; None when there are none."""
        if self._scanned or self._touched:
            return self.scanned.language
        plain = (self._all or comparable(whole(self._text[:_ENOUGH])))[:_ENOUGH]
        if plain.isascii() and not self._foreign:
            return self._known.first.language if plain.islower() else None
        return self._grammar(plain).language if _LETTER.search(plain) else None

    @property
    def secret(self) -> bool:
        """Whether it carries a key or a token."""
        scan = self._scanned
        return bool(scan.keys) if scan and scan.whole else bool(secrets(self._text))

    @property
    def scanned(self) -> Scan:
        """The clauses; built when first needed, then shared by the four questions."""
        if self._scanned is None:
            self._scanned = Scan(self._text, self._grammar(self._plain), self._known)
        return self._scanned

    def _grammar(self, plain: str) -> Grammar:
        return grammar_of(plain, self._known) if self._foreign or not plain.isascii() else self._known.first

    @property
    def _may_answer(self) -> bool:
        return len(self._text) * (1 if self._text.isascii() else 2) <= _LONGEST_ANSWER

    def _verdict(self, question: str | None) -> Verdict:
        if not (self._may_answer if question else self._touched):
            return NOTHING
        known = self._known
        found = answer(self.scanned, known, question) if question else request(self.scanned, known)
        if self.truncated and found.label in NEVER_WHEN_TRUNCATED:
            return Verdict(Label.NONE, "too-long-to-judge")
        return found

    def _described(self, found: Verdict) -> Classification:
        if found is NOTHING and not (self.truncated or (self._touched and self.secret)):
            return _quiet(self.language)
        spans = tuple(span for frame in found.frames for span in self._spans(frame))
        evidence = Evidence(found.rule, spans)
        return Classification(
            found.label, self.language, evidence, found.weak, found.fresh, self.truncated, self.secret
        )

    def _spans(self, frame: Frame) -> list[Span]:
        spell = self._known.symbols.spell
        places = self.scanned.places(frame)
        return [Span(a, b, spell(symbol), _masked(self._text[a:b])) for a, b, symbol in places]


def _masked(piece: str) -> str:
    for start, end, _ in reversed(secrets(piece)):
        piece = piece[:start] + "•••" + piece[end:]
    return re.sub(r"\s+", " ", piece)


def read(text: str) -> Reading:
    """Read once, ask any of the four questions (conversation.md, section 8)."""
    return Reading(text)


def classify(text: str, state: str | None = None) -> Classification:
    """What the message means while `state` lasts (intent-labels.md)."""
    return Reading(text).classify(state)
