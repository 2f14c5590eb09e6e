"""Runs of tests in processes of their own, each with one module changed, or as it is.

They are forked from a process that has everything loaded but our own modules, so that each run loads those anew.
"""

import importlib
import os
import resource
import sys
import traceback
from collections.abc import Callable, Sequence
from enum import Enum
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType

import pytest

ROOT = Path(__file__).parents[2]
CPU_SECONDS = 240  # an endless loop is noticed too
_SLOW = "not postgresql and not breaks_the_hook and not full"
_LOADED = (
    *("aiosqlite", "asyncpg", "coverage", "cryptography.hazmat.primitives.ciphers.aead", "httpcore", "httpx"),
    *(
        "hypothesis",
        "opentelemetry.trace",
        "pydantic",
        "pydantic_settings",
        "rich",
        "sqlalchemy.dialects.sqlite.aiosqlite",
    ),
    *("sqlalchemy.ext.asyncio", "starlette.applications", "transitions.extensions", "typer", "uvicorn", "yaml"),
    "tests.intents.known_wrong",
)


class Ending(Enum):
    """How it went for a change."""

    KILLED = "killed"
    STOPPED = "stopped"  # it ran on and on: noticed as well
    SURVIVED = "survived"


class _Changed(SourceFileLoader):
    """A module with another source than its file has."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._source, self.path, "exec")


class _Finder:
    """Finds that module, and nothing else."""

    def __init__(self, module: str, path: str, source: str) -> None:
        self._loader = _Changed(module, path, source)

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name != self._loader.name:
            return None
        return spec_from_file_location(name, self._loader.path, loader=self._loader)


def prepare(warm_intents: bool) -> None:
    """Load what every run needs; `warm_intents` where it isn't them that change."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in _LOADED:
        importlib.import_module(name)
    if warm_intents:
        from intents import classify  # noqa: PLC0415 (only where nothing of it is changed)

        for state in (None, "awaiting_confirm", "clarifying", "failed"):
            classify("use my ChatGPT account 完成了", state)
    ours = ("skill",) if warm_intents else ("skill", "intents")
    assert not [name for name in sys.modules if name.partition(".")[0] in ours], "a change would not be loaded"


def run(tests: Sequence[str], *plugins: object) -> int:
    """The tests in this very process; pytest's exit code."""
    ini = str(Path(__file__).parent / "trial.ini")
    return int(pytest.main(["-c", ini, "--rootdir", str(ROOT), "-k", _SLOW, *tests], plugins=list(plugins)))


def forked(work: Callable[[], int], quiet: bool = True, cpu_seconds: int | None = None) -> int:
    """What a child brought home from it; below zero: it was stopped."""
    child = os.fork()
    if not child:
        status = 1
        try:
            if cpu_seconds:
                resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
            if quiet:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, 1)
                os.dup2(nowhere, 2)
            status = work()
        except BaseException:  # noqa: BLE001 (the child ends here, and says why)
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def trial(module: str, path: str, source: str, tests: Sequence[str]) -> Ending:
    """Whether these tests notice the change."""

    def work() -> int:
        sys.meta_path.insert(0, _Finder(module, str(ROOT / path), source))  # type: ignore[arg-type]
        return run(tests)

    status = forked(work, cpu_seconds=CPU_SECONDS) if tests else 0
    if status < 0:
        return Ending.STOPPED
    return Ending.KILLED if status else Ending.SURVIVED
