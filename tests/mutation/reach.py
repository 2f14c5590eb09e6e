"""Which tests come by which lines of a module, and how long each takes: a change is tried under those alone."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import coverage
import pytest

from .trial import ROOT, forget, forked, run

_FEW = 2  # tests that come by what else runs as a module is loaded, such as `diagram` and the building of the machine


class _Watch:
    """A pytest plugin: every test is a context of the measurement."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self._measured = measured
        self.seconds: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._measured.switch_context(item.nodeid)
        result = yield
        self._measured.switch_context("")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration  # type: ignore[assignment]


@dataclass
class Reach:
    """By file and line the tests that come by; all tests, the most telling first; how many changes each has noticed."""

    by_line: dict[str, dict[int, list[str]]]
    all: list[str]
    noticed: Counter[str] = field(default_factory=Counter)

    def of(self, path: str, lines: Iterable[int]) -> list[str]:
        """The tests that a change of these lines is tried under; all where it may have done its work for them."""
        reached = self.by_line.get(path, {})
        found = {test for line in lines for test in reached.get(line, [])}
        tests = self.all if len(found) <= _FEW else [test for test in self.all if test in found]
        return sorted(tests, key=lambda test: -self.noticed[test])

    def noted(self, test: str) -> None:
        """It was the first to notice a change."""
        self.noticed[test] += 1


def reach(paths: Sequence[str], tests: Sequence[str], anew: Sequence[str]) -> Reach:
    """Run the tests once on the modules as they are; they have to pass."""
    with tempfile.TemporaryDirectory() as folder:
        noted = Path(folder) / "reach.json"

        def work() -> int:
            measured = coverage.Coverage(
                data_file=None,
                include=[str(ROOT / path) for path in paths],
                concurrency=["thread", "greenlet"],
                config_file=False,
            )
            watch = _Watch(measured)
            forget(anew)
            measured.start()
            status = run(tests, watch)
            measured.stop()
            data = measured.get_data()
            lines = {path: data.contexts_by_lineno(str(ROOT / path)) for path in paths}
            noted.write_text(json.dumps({"lines": lines, "seconds": watch.seconds}))
            return status

        assert forked(work) == 0, f"the tests of {', '.join(paths)} fail as they are"
        found: dict[str, Any] = json.loads(noted.read_text())
    by_line = {
        path: {int(line): [test for test in contexts if test] for line, contexts in lines.items()}
        for path, lines in found["lines"].items()
    }
    return Reach(by_line, _in_turn(found["seconds"]))


def _in_turn(seconds: dict[str, float]) -> list[str]:
    """The quickest first; but of the many cases of one test the second comes after the first of every other."""
    cases: Counter[str] = Counter()
    turns: dict[str, int] = {}
    for test in sorted(seconds, key=seconds.__getitem__):
        cases[test.partition("[")[0]] += 1
        turns[test] = cases[test.partition("[")[0]]
    return sorted(turns, key=turns.__getitem__)
