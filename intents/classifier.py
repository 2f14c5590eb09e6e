"""One message under one of four questions: fold, scan, build frames, decide. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from intents.decide import answer, request
from intents.frames import Frame, build, glimpsed, language_of
from intents.labels import NEVER_WHEN_TRUNCATED, Classification, Evidence, Label, Span
from intents.lexicon import STATES, Lexicon, load
from intents.text import bounded, comparable, drawn_out, secrets, whole

_LONGEST_ANSWER = 600  # characters; nobody answers "done?" in an essay


@cache
def lexicon() -> Lexicon:
    """Read on first use, then shared."""
    return load()


@dataclass(frozen=True, slots=True)
class _Outcome:
    label: Label
    rule: str
    frames: Sequence[Frame] = ()
    weak: bool = False
    fresh: bool = False


class Reading:
    """One normalise and scan, shared by the four questions; each answer is worked out when asked for."""

    __slots__ = ("_anchored", "_answers", "_comparable", "_frames", "_known", "_text", "truncated")

    def __init__(self, text: str) -> None:
        self._text, self.truncated = bounded(text)
        self._known = lexicon()
        try:
            self._comparable = comparable(self._text)
            self._anchored = bool(self._known.request_anchors.find_matches_as_indexes(self._comparable))
        except UnicodeEncodeError:  # lone surrogates: text to Python, to nobody else
            self._text = whole(self._text)
            self._comparable = comparable(self._text)
            self._anchored = bool(self._known.request_anchors.find_matches_as_indexes(self._comparable))
        self._frames: tuple[Frame, ...] | None = None
        self._answers: dict[str | None, Classification] = {}

    def __repr__(self) -> str:
        return f"<Reading of {len(self._text)} characters>"

    def classify(self, state: str | None = None) -> Classification:
        """The label under the question that `state` stands for; an unknown state asks for requests."""
        question = str(state) if state in STATES else None
        if question not in self._answers:
            self._answers[question] = self._judge(question)
        return self._answers[question]

    @property
    def silent(self) -> bool:
        """None in every reading: the message passes through and nobody needs to look further."""
        if not self._anchored and not self._may_answer:
            return True
        return all(self.classify(state).label is Label.NONE for state in (None, *STATES))

    @property
    def language(self) -> str | None:
        return language_of(self.frames, self._text)

    @property
    def secret(self) -> bool:
        return bool(secrets(self._text))

    @property
    def frames(self) -> tuple[Frame, ...]:
        if self._frames is None:
            self._frames = build(self._text, self._comparable, self._known)
        return self._frames

    @property
    def _may_answer(self) -> bool:
        if len(self._comparable) > _LONGEST_ANSWER:
            return False
        plain = self._comparable
        return bool(self._known.reply_anchors.find_matches_as_indexes(plain)) or drawn_out(plain)

    def _judge(self, question: str | None) -> Classification:
        known = self._known
        if question is None:
            if not self._anchored:
                return self._quiet()
            rule, label, frames = request(self.frames, known)
            outcome = _Outcome(label, rule, frames)
        else:
            if not self._may_answer:
                return self._quiet()
            chosen, frames = answer(self.frames, known, question)
            if chosen is None:
                return self._quiet()
            outcome = _Outcome(chosen.label, chosen.name, frames, chosen.weak, chosen.fresh)
        return self._described(outcome)

    def _quiet(self) -> Classification:
        language = glimpsed(self._text, self._comparable, self._known) if self._frames is None else self.language
        return Classification(Label.NONE, language, truncated=self.truncated, secret=self.secret)

    def _described(self, outcome: _Outcome) -> Classification:
        if self.truncated and outcome.label in NEVER_WHEN_TRUNCATED:
            outcome = _Outcome(Label.NONE, "too-long-to-judge")
        spans = tuple(span for frame in outcome.frames for span in self._spans(frame))
        return Classification(
            outcome.label,
            self.language,
            Evidence(outcome.rule, spans),
            outcome.weak,
            outcome.fresh,
            self.truncated,
            self.secret,
        )

    def _spans(self, frame: Frame) -> list[Span]:
        names = self._known.symbols
        return [
            Span(t.start, t.end, names.spell(t.symbol), _masked(self._text[t.start : t.end]))
            for t in frame.tokens
            if t.counts
        ]


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
