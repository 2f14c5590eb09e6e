"""What a classification is made of (intent-labels.md, sections 1 and 2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Label(StrEnum):
    """Every answer to both questions; which ones can be given depends on the state."""

    OAUTH = "oauth"
    BYOK = "byok"
    OTHER_VENDOR = "other_vendor"
    AMBIGUOUS = "ambiguous"
    STATUS = "status"
    MODELS = "models"
    USAGE = "usage"
    LOGOUT = "logout"
    REAUTH = "reauth"
    NONE = "none"
    CONFIRM = "confirm"
    NOT_YET = "not_yet"
    CANCEL = "cancel"
    RESEND = "resend"
    HELP = "help"
    CHOOSE_OAUTH = "choose_oauth"
    CHOOSE_BYOK = "choose_byok"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the original text that counted, and the slot of the lexicon it filled."""

    start: int
    end: int
    slot: str
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why: the rule that decided, and the words it rested on."""

    rule: str
    spans: tuple[Span, ...] = ()

    def __iter__(self) -> Iterator[Span]:
        return iter(self.spans)

    def __len__(self) -> int:
        return len(self.spans)


@dataclass(frozen=True, slots=True)
class Classification:
    """One message judged under one question."""

    label: Label
    language: str | None = None
    evidence: Evidence = Evidence("nothing-said")
    weak: bool = False  # the word doesn't name the step ("yes", "1")
    fresh: bool = False  # a resend that asks for a new code
    truncated: bool = False  # judged on a bounded part
    secret: bool = False  # carries an API key or token: the reply must be `sensitive`


# A message that could not be judged whole is never one of these (intent-labels.md; trust.md, section 3).
NEVER_WHEN_TRUNCATED = frozenset({Label.OAUTH, Label.CONFIRM, Label.CHOOSE_OAUTH, Label.LOGOUT})
