"""In a terminal: prompt, colours, lines that come in between, and leaving."""

import os
import pty
import re
import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import httpx

from .conftest import COMMAND, PATIENCE

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|[\x01\x02]")


class Terminal:
    """A process on a pseudo-terminal; what it writes is awaited, never slept for."""

    def __init__(self, environment: dict[str, str], *command: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [*COMMAND, *command], env=environment | {"TERM": "xterm"}, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        self.raw, self._seen = "", 0

    def expect(self, wanted: str) -> str:
        """Read until that was written; returns what came before it, without colours."""
        while (found := self._plain.find(wanted, self._seen)) < 0:
            assert select.select([self._ours], [], [], PATIENCE)[0], f"no {wanted!r} in {self._plain[self._seen :]!r}"
            self.raw += os.read(self._ours, 65536).decode(errors="replace")
        before, self._seen = self._plain[self._seen : found], found + len(wanted)
        return before

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    @property
    def _plain(self) -> str:
        return ESCAPE.sub("", self.raw)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        os.close(self._ours)


@contextmanager
def terminal(environment: dict[str, str], *command: str) -> Iterator[Terminal]:
    with Terminal(environment, *command) as opened:
        yield opened


def test_a_person_connects_in_the_demo(environment: dict[str, str]) -> None:
    """Types, sees the page's requests at once, approves, says done, leaves."""
    with terminal(environment, "demo") as screen:
        screen.expect("In a browser, with the machine's states lit up:  ")
        chat = screen.expect("\r\n")
        assert "<title>" in httpx.get(chat, trust_env=False).text
        screen.expect("Approve  ")
        page = screen.expect("\r\n")
        screen.expect("you  ")
        screen.type("Use my Codex subscription\n")
        screen.expect("start     200")
        screen.expect("[awaiting_confirm]")
        screen.expect("you  ")
        screen.type("lovely ")
        screen.expect("lovely ")
        assert httpx.get(page, trust_env=False).status_code == 200
        screen.expect("page      200  GET /codex/device\r\n     you  lovely ")
        screen.type("weather\n")
        screen.expect("(not ours: it goes on to the assistant)")
        screen.type("/approve wei@example.test\n")
        screen.expect("approved wei@example.test")
        screen.type("done\n")
        assert "poll      200" in screen.expect("Connected as wei@example.test.")
        screen.expect("[connected]")
        assert "\x1b[32m" in screen.raw
        screen.type("/quit\n")
        assert screen.process.wait(PATIENCE) == 0


def test_no_color_is_respected_and_ctrl_d_leaves(pointed: dict[str, str]) -> None:
    """https://no-color.org; both Ctrl-D and Ctrl-C end with 0."""
    for leave in (lambda at: at.type("\x04"), lambda at: at.process.send_signal(signal.SIGINT)):
        with terminal(pointed | {"NO_COLOR": "1"}, "chat") as screen:
            screen.expect("you  ")
            screen.type("Add the OpenAI model\n")
            screen.expect("[clarifying]")
            screen.expect("you  ")
            leave(screen)
            assert screen.process.wait(PATIENCE) == 0
            assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", screen.raw)


def test_the_tool_answers_in_a_table(environment: dict[str, str]) -> None:
    """Readable for people; JSON when asked for, also in a terminal."""
    with terminal(environment, "tool", "status") as screen:
        screen.expect("connected    false")
        assert screen.process.wait(PATIENCE) == 0
    with terminal(environment, "tool", "models", "--json") as screen:
        screen.expect('{"ok": false, "error": "not_connected"')
        assert screen.process.wait(PATIENCE) == 1


def test_classify_underlines_what_counted(environment: dict[str, str]) -> None:
    """No brackets in a terminal."""
    with terminal(environment, "classify", "use my Codex subscription") as screen:
        screen.expect("Codex subscription\r\n")
        assert "[Codex]" not in screen.raw and "\x1b[1;4;32mCodex" in screen.raw
