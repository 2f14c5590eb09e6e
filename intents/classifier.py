"""One message under one of four questions: fold, scan, build frames, decide. Pure."""

import re
from functools import cache

from intents.anchors import Match
from intents.apart import secrets
from intents.decide import NOTHING, Verdict, answer, request, says_nothing
from intents.frames import Frame, Scan, grammar_of, scan
from intents.grammar import STATES
from intents.labels import NEVER_WHEN_TRUNCATED, Classification, Evidence, Label, Span
from intents.lexicon import Lexicon, load
from intents.text import bounded, comparable, drawn_out, ends_of, whole

_LETTER = re.compile(r"[^\W\d_]")
_LONGEST_ANSWER = 600  # characters; nobody answers "done?" in an essay
_NEAR = 120  # characters around a name
_MENTION = 70  # characters; below this a name alone may be a request
_ENOUGH = 200  # characters that tell the language of a message nobody looks into further


@cache
def lexicon() -> Lexicon:
    """Read on first use, then shared."""
    return load()


@cache
def _quiet(language: str | None) -> Classification:
    return Classification(Label.NONE, language)


def _language(plain: str, known: Lexicon, hit: bool) -> str | None:
    """Of a message that nobody looks into: by its script and its little words."""
    if not hit and plain.isascii():
        return known.first.language if plain.islower() else None
    return grammar_of(plain, known).language if _LETTER.search(plain) else None


class Reading:
    """One normalise and scan, shared by the four questions; each answer is worked out when asked for."""

    __slots__ = ("_answers", "_hit", "_known", "_plain", "_scanned", "_text", "_touched", "truncated")

    def __init__(self, text: str) -> None:
        self._text, self.truncated = bounded(text)
        self._known = known = lexicon()
        self._answers: dict[str | None, Classification] = {}
        self._scanned: Scan | None = None
        self._plain = comparable(self._text)
        try:
            matches = known.request_anchors.matches(self._plain)
        except UnicodeEncodeError:  # lone surrogates: text to Python, to nobody else
            self._text = whole(self._text)
            self._plain = comparable(self._text)
            matches = known.request_anchors.matches(self._plain)
        self._hit = bool(matches)
        self._touched = self._hit and self._asks_for_a_look(matches)

    def _asks_for_a_look(self, matches: list[Match]) -> bool:
        """Something of ours is named, and beside it stands a word that does something with it."""
        known, plain, near = self._known, self._plain, matches
        shown, _, left_out = ends_of(self._text)
        if left_out:
            plain = comparable(shown)
            near = known.request_anchors.matches(plain)
        past = -1
        for place, _ in known.request_anchors.places(plain, near):
            if len(plain) < _MENTION:
                return True
            if place > past:
                past = place + _NEAR
                if known.moving.hold(plain[max(0, place - _NEAR) : past]):
                    return True
        return False

    def __repr__(self) -> str:
        return f"<Reading of {len(self._text)} characters>"

    def classify(self, state: str | None = None) -> Classification:
        """The label under the question that `state` stands for; an unknown state asks for requests."""
        question = state if state in STATES else None
        found = self._answers.get(question)
        if found is None:
            found = self._answers[question] = self._described(self._verdict(question))
        return found

    @property
    def silent(self) -> bool:
        """None in every reading: the message passes through and nobody needs to look further."""
        if self._verdict(None).label is not Label.NONE:
            return False
        if len(self._plain) > _LONGEST_ANSWER or says_nothing(self.frames, self._known):
            return True
        return all(self._verdict(state).label is Label.NONE for state in STATES)

    @property
    def language(self) -> str | None:
        """Of the person's own words; None when there are none."""
        if self._scanned or self._touched:
            return self.scanned.language
        return _language(self._plain[:_ENOUGH], self._known, self._hit)

    @property
    def secret(self) -> bool:
        return bool(secrets(self._text))

    @property
    def scanned(self) -> Scan:
        """The clauses; built when first needed, then shared by the four questions."""
        if self._scanned is None:
            self._scanned = scan(self._text, self._plain, self._known)
        return self._scanned

    @property
    def frames(self) -> tuple[Frame, ...]:
        return self.scanned.frames

    @property
    def _may_answer(self) -> bool:
        return len(self._plain) <= _LONGEST_ANSWER and (
            self._known.reply_anchors.hold(self._plain) or drawn_out(self._plain)
        )

    def _verdict(self, question: str | None) -> Verdict:
        if not (self._may_answer if question else self._touched):
            return NOTHING
        known = self._known
        found = answer(self.frames, known, question) if question else request(self.frames, known)
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
    for part in reversed(secrets(piece)):
        piece = piece[: part.start] + "•••" + piece[part.end :]
    return re.sub(r"\s+", " ", piece)


def read(text: str) -> Reading:
    """Read once, ask any of the four questions (conversation.md, section 8)."""
    return Reading(text)


def classify(text: str, state: str | None = None) -> Classification:
    """What the message means while `state` lasts (intent-labels.md)."""
    return Reading(text).classify(state)
