"""What anything logged, to look for words that must not be there."""

import logging
from typing import Self


class Logbook(logging.Handler):
    """Every line that anything logs while it is open, at DEBUG."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line as a file would have it, traceback and all; a test runner's own lines quote the test."""
        if not record.name.startswith("pytest"):
            self.lines.append(f"{record.name}: {self.format(record)}")

    def __enter__(self) -> Self:
        root = logging.getLogger()
        self._level, self._others = root.level, [(handler, handler.level) for handler in root.handlers]
        for handler, level in self._others:  # what they write stays what it was
            handler.setLevel(max(level, root.level))
        root.addHandler(self)
        root.setLevel(logging.DEBUG)
        return self

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._level)
        for handler, level in self._others:
            handler.setLevel(level)
