"""Somebody who follows a page from top to bottom, on a machine of their own with a local provider.

Nothing leaves this machine: wherever a page is silent about the provider, it is the local one. Programs that would
change the machine are stood in for by small ones (`stand_ins.py`).
"""

import asyncio
import contextlib
import inspect
import io
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Self

from skill.simulator import LocalProvider, Served, serve_in_thread

from .blocks import Block
from .checks import AWAITS, check, check_yaml, fits
from .given import GIVEN
from .stand_ins import install

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds; no block takes one tenth of it
PORTS = re.compile(r"\b(8765|8770|8787)\b")  # that pages name; moved, so that pages can be followed side by side
KEEP = "env -0 > .environment"


class Reader:
    """One page's folder, environment, names and running programs."""

    def __init__(self, page: Path, folder: Path, elsewhere: Mapping[str, str]) -> None:
        self.page, self.folder = page, folder
        self.elsewhere = dict(elsewhere)  # what the page names that is somewhere else here
        self.printed = ""
        self._speaker: IO[str] | None = None  # where the rest of it comes from
        self.names: dict[str, Any] = {"__name__": "the_page"}
        self._open = contextlib.ExitStack()
        self._ports: dict[str, str] = {}
        self.at_the_end = self._open.callback

    def __enter__(self) -> Self:
        (self.folder / ".venv").symlink_to(sys.prefix)
        self.served: Served = self._open.enter_context(serve_in_thread(LocalProvider()))
        self.runner = self._open.enter_context(asyncio.Runner())
        self.environment = self._environment()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CODEX_ONBOARDING_")}
        path = os.pathsep.join([str(install(self.folder)), f"{sys.prefix}/bin", os.environ["PATH"]])
        return kept | {
            "CODEX_ONBOARDING_HOME": str(self.folder / "home"),
            "CODEX_ONBOARDING_ISSUER": self.served.issuer,
            "CODEX_ONBOARDING_BACKEND_URL": self.served.backend_url,
            "HOME": str(self.folder),
            "PATH": path,
            "NO_PROXY": "127.0.0.1",
            "COLUMNS": "120",
        }

    def follow(self, blocks: list[Block]) -> None:
        """Do what each block says, in order."""
        for block in blocks:
            self._keep_file(block, blocks)
            if block.mark == "not run":
                check(block, self.page)
            else:
                self._do(block)

    def _do(self, block: Block) -> None:
        match block.language:
            case "given":
                GIVEN[block.text](self)
            case "python" if not block.file:
                self._python(block)
            case "sh":
                self.shell(block.text, goes_on=block.mark == "stays running")
            case "yaml" if not block.file:
                check_yaml(block.text, self.folder)
            case "text" if block.mark == "printed":
                printed = self._as_on_the_page(self._heard(block.text.count("\n")))
                assert fits(block.text, printed), (block.line, printed)
            case _:
                check(block, self.page)

    def _keep_file(self, block: Block, blocks: list[Block]) -> None:
        """A block that is a file is put where the page's commands expect it; and one of them must use it."""
        if name := block.file:
            words = [later.text for later in blocks if later.language == "sh" and later.line > block.line]
            assert any(Path(name).name in text or "pytest" in text for text in words), f"{name} is never used"
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(self._here(block.text), encoding="utf-8")

    def _heard(self, lines: int) -> str:
        """What was printed; of a program that goes on so many lines."""
        while self._speaker and self.printed.count("\n") < lines:
            self.printed += self._speaker.readline()
        return self.printed

    # Python

    def _python(self, block: Block) -> None:
        program = compile("\n" * (block.line - 1) + self._here(block.text), str(self.page), "exec", AWAITS)
        with self._as_a_process(), contextlib.redirect_stdout(io.StringIO()) as told:
            if program.co_flags & inspect.CO_COROUTINE:
                self.runner.run(eval(program, self.names))
            else:
                exec(program, self.names)
        self.printed, self._speaker = told.getvalue(), None

    @contextlib.contextmanager
    def _as_a_process(self) -> Iterator[None]:
        """In the page's folder, with the page's environment."""
        before = dict(os.environ)
        try:
            os.environ.clear()
            os.environ.update(self.environment)
            with contextlib.chdir(self.folder):
                yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    # The shell

    def shell(self, text: str, goes_on: bool = False) -> None:
        """What is exported counts from now on. Whoever is asked "are you sure?" says yes."""
        *lines, last = self._here(text).replace("\\\n", " ").strip().splitlines()
        ending = [KEEP, f"exec {last}"] if goes_on else [last, KEEP]
        process = self._bash("\n".join([*lines, *ending]))
        assert process.stdout
        if goes_on:
            self.printed, self._speaker = process.stdout.readline(), process.stdout
            assert "http" in self.printed, f"it ended: {self.printed}{process.communicate()}"
        else:
            self.printed, complaints = process.communicate("y\n", timeout=PATIENCE)
            self._speaker = None
            assert process.returncode == 0, f"{text}{self.printed}{complaints}"
        kept = (self.folder / ".environment").read_text(encoding="utf-8")
        self.environment = dict(line.split("=", 1) for line in kept.split("\0") if line)

    def _bash(self, script: str) -> subprocess.Popen[str]:
        """Run these lines. Whatever they leave behind ends with the page."""
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment | {"PYTHONUNBUFFERED": "1"},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.at_the_end(_end, process)
        return process

    # The page's names for things, and what they are here

    def _here(self, text: str) -> str:
        for name, instead in self.elsewhere.items():
            text = text.replace(name, instead)
        return PORTS.sub(lambda port: self._ports.setdefault(port[1], _free_port()), text)

    def _as_on_the_page(self, text: str) -> str:
        for port, instead in self._ports.items():
            text = text.replace(instead, port)
        return text


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    if process.returncode is None:
        process.communicate(timeout=PATIENCE)


def _free_port() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])
