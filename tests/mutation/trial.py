"""Runs of tests in processes of their own, each with one module changed, or as it is.

They are forked from a process that has everything loaded but the changed module and those that build on it, so that
each run loads these anew.
"""

import gc
import importlib
import os
import resource
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType

import pytest

Tell = Callable[[str], object]
ROOT = Path(__file__).parents[2]
CPU_SECONDS = 120  # an endless loop is noticed too
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


@dataclass(frozen=True)
class Change:
    """A module's other source, and what has to be loaded anew for it to count."""

    path: str
    source: str
    anew: Sequence[str] = ()  # packages end in a dot

    @property
    def module(self) -> str:
        """As it is imported."""
        return self.path.removesuffix(".py").replace("/", ".")


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


def prepare() -> None:
    """Load what every run needs: other people's modules, and our lexicon with all that is worked out once."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in _LOADED:
        importlib.import_module(name)
    from intents import lexicon, warm_up  # noqa: PLC0415 (whoever looks at changes alone needs none of it)

    warm_up()
    read, known = lexicon.load, lexicon.load()
    lexicon.load = lambda root=None: read(root) if root else known
    assert not [name for name in sys.modules if name.partition(".")[0] == "skill"], "a change would not be loaded"
    gc.collect()
    gc.freeze()  # pytest collects its garbage at the end of each run: not what was there before


def forget(names: Sequence[str]) -> None:
    """Have these modules, or all of these packages, loaded anew when they are next imported."""
    for name in [*sys.modules]:
        if name in names or f"{name.partition('.')[0]}." in names:
            del sys.modules[name]


class _Teller:
    """A pytest plugin: which test failed."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._tell(report.nodeid)


def run(tests: Sequence[str], *plugins: object, options: Sequence[str] = ()) -> int:
    """The tests in this very process; pytest's exit code."""
    ini = str(Path(__file__).parent / "trial.ini")
    named = ["-c", ini, "--rootdir", str(ROOT), "-k", _SLOW, *options, *tests]
    return int(pytest.main(named, plugins=list(plugins)))


def asked(tests: Sequence[str], tell: Tell) -> int:
    """The tests, up to the first that fails."""
    return run(tests, _Teller(tell)) if tests else 0


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


def trial(change: Change, ask: Callable[[Tell], int]) -> tuple[Ending, str]:
    """Whether what is asked notices the change, and what noticed it first."""
    reading, writing = os.pipe()

    def work() -> int:
        forget(change.anew)
        finder = _Finder(change.module, str(ROOT / change.path), change.source)
        sys.meta_path.insert(0, finder)  # type: ignore[arg-type]
        return ask(lambda teller: print(teller, file=os.fdopen(writing, "w", closefd=False), flush=True))

    status = forked(work, cpu_seconds=CPU_SECONDS)
    os.close(writing)
    with os.fdopen(reading) as told:
        teller = told.readline().rstrip("\n")
    if status < 0:
        return Ending.STOPPED, teller
    return (Ending.KILLED if status else Ending.SURVIVED), teller
