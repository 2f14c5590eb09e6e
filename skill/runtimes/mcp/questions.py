"""Questions that were put to people and wait for their answers: each counts once, and not for long."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

LASTS = 600.0  # seconds; as long as a confirmation may be old (conversation.md, rule 2)


@dataclass(frozen=True, slots=True)
class Person:
    """Who calls, as the transport knows them; never out of arguments."""

    user_id: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One that is open. With `then` the call is done already, and that is its answer once the page was shown."""

    id: str
    asked_at: float
    then: dict[str, Any] | None = field(default=None, repr=False)


class Questions:
    """At most one for each person and action: a newer one takes the older one's place.

    A client that answers the same question again, or answers one that was put for somebody else, has answered nothing.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._open: dict[tuple[Person, str], Question] = {}

    def ask(self, person: Person, action: str, then: dict[str, Any] | None = None) -> str:
        """Put one, and get the name under which its answer will come."""
        self._open = {key: question for key, question in self._open.items() if self._fresh(question)}
        question = Question(secrets.token_urlsafe(16), self._now(), then)
        self._open[person, action] = question
        return question.id

    def take(self, person: Person, action: str, name: str) -> Question | None:
        """The question that this is the answer to; it isn't open any more. None: there is no such question."""
        question = self._open.get((person, action))
        if question is None or question.id != name or not self._fresh(question):
            return None
        return self._open.pop((person, action))

    def _fresh(self, question: Question) -> bool:
        return self._now() - question.asked_at < LASTS
