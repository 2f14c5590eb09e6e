"""What a person sees: who said what, in colour in a terminal and plain elsewhere (NO_COLOR counts)."""

import contextlib
import signal
import sys
import threading
from typing import Any

from rich.console import Console
from rich.text import Text

from skill.message import Reply

try:
    import readline  # its editing and history come with the import
except ImportError:  # not on every system
    readline = None  # type: ignore[assignment]

CLEAR_LINE = "\r\x1b[K"
MARGIN = 10  # columns for who is speaking


class Screen:
    """Chat on the left, and lines of others that come in between, from any thread."""

    def __init__(self) -> None:
        self.person = sys.stdin.isatty() and sys.stdout.isatty()
        self.console = Console(highlight=False, width=None if sys.stdout.isatty() else 100)
        self._asking, self._lock = False, threading.Lock()
        # readline has to know which characters take no room.
        self._prompt = (
            "     you  "
            if self.console.no_color or not self.console.color_system
            else "\x01\x1b[1;36m\x02     you  \x01\x1b[0m\x02"
        )

    def ask(self) -> str | None:
        """What the person types; None when they leave."""
        self._asking = True
        try:
            return input(self._prompt)
        except (EOFError, KeyboardInterrupt):
            self.console.print()
            return None
        finally:
            self._asking = False

    def waiting(self) -> contextlib.AbstractContextManager[object]:
        """A spinner, as long as the block lasts."""
        return self.console.status("", spinner="dots") if self.person else contextlib.nullcontext()

    def line(self, who: str, words: str, style: str = "") -> None:
        """One speaker's words, in their column."""
        rows = Text(words, style).wrap(self.console, max(20, self.console.width - MARGIN), overflow="fold")
        names = [who, *[""] * (len(rows) - 1)]
        column = [Text(f"{name:>{MARGIN - 2}}  ", f"{style} bold") + row for name, row in zip(names, rows, strict=True)]
        self._between(Text("\n").join(column))

    def reply(self, reply: Reply | None) -> None:
        """A reply with its notes, and what the runtime learns beside it."""
        if reply is None:
            self.line("", "(not ours: it goes on to the assistant)", "dim")
            return
        for words in filter(None, [reply.text, *reply.notes]):
            self.line("bot" if words is reply.text else "·", words, "green" if words is reply.text else "")
        marks = [reply.state.value, reply.handoff and f"hand-off to {reply.handoff}", reply.sensitive and "sensitive"]
        self.line("", f"[{', '.join(mark for mark in marks if mark)}]", "dim")

    def _between(self, what: Text) -> None:
        """Print above the line that is being typed, and put that line back."""
        with self._lock:
            if self._asking:
                sys.stdout.write(CLEAR_LINE)
            self.console.print(what)
            if self._asking:
                typed = readline.get_line_buffer() if readline else ""
                sys.stdout.write(self._prompt.translate({1: None, 2: None}) + typed)
                sys.stdout.flush()


def leave_on_sigterm() -> None:
    """End as after Ctrl-D: with 0, and with everything tidied up."""

    def leave(*_: Any) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
