"""Answers of this process that are underway: once a logout is told, nobody of that person is told of a login any more.

The store puts the steps of two turns in order; not the moments at which their answers leave.
"""

from collections.abc import Iterator
from contextlib import contextmanager


class Answer:
    """One that is being worked out. `overtaken`: a logout was told meanwhile."""

    def __init__(self, others: "set[Answer]") -> None:
        self._others = others
        self.overtaken = False

    def overtake(self) -> None:
        """This one is a logout, and leaves now."""
        for other in self._others - {self}:
            other.overtaken = True


class Answers:
    """By person, and only while they are underway."""

    def __init__(self) -> None:
        self._underway: dict[str, set[Answer]] = {}

    @contextmanager
    def underway(self, key: str) -> Iterator[Answer]:
        """An answer of that person's, until it leaves."""
        answers = self._underway.setdefault(key, set())
        answer = Answer(answers)
        answers.add(answer)
        try:
            yield answer
        finally:
            answers.discard(answer)
            if not answers:
                self._underway.pop(key, None)
