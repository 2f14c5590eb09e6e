"""`make mutation`: small faults in what enforces the rules have to be noticed by a test.

Prints the score of each module, and what survived; fails below 85 %, or where `SURVIVORS.md` doesn't argue a survivor.
What it argues counts as survived without being tried, unless `--argued` asks for it.
"""

import argparse
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from .mutants import Mutant, mutants
from .reach import Reach, reach
from .sentences import Sentences
from .survivors import argued
from .targets import GROUPS, Group, Target
from .trial import ROOT, Change, Ending, Tell, asked, forked, prepare, run, trial

LEAST = 0.85
_FIRST = 6  # tests that are asked before the rest is even collected


class Trials:
    """What notices the changes of a group, most telling first."""

    def __init__(self, group: Group, targets: Sequence[Target]) -> None:
        prepare()
        paths = [target.path for target in targets]
        self._group = group
        self._sentences = Sentences() if group.sentences else None
        if self._sentences:
            self._sentences.watch(paths)
        self._reached: Reach = reach(paths, group.tests, group.anew)
        tests = self._reached.all
        assert forked(partial(run, tests, options=["--collect-only"])) == 0, "a test can't be named"
        change = Change(paths[0], (ROOT / paths[0]).read_text("utf-8"), group.anew)
        for ask, _ in self._questions(paths[0], (), tests[:_FIRST]):
            assert trial(change, ask)[0] is Ending.SURVIVED, "a trial fails without a change: nothing would count"

    def survives(self, target: Target, mutant: Mutant) -> bool:
        """Whether nobody notices it; who did is asked earlier from then on."""
        change = Change(target.path, mutant.source, ("intents.",) if target.at_load else self._group.anew)
        lines = () if target.at_load else mutant.lines
        for ask, noticed in self._questions(target.path, lines, self._reached.of(target.path, lines)):
            ending, teller = trial(change, ask)
            if teller:
                noticed(teller)
            if ending is not Ending.SURVIVED:
                return False
        return True

    def _questions(
        self, path: str, lines: Iterable[int], tests: Sequence[str]
    ) -> Iterator[tuple[Callable[[Tell], int], Callable[[str], None]]]:
        """What is asked one after the other, each with what keeps in mind who noticed."""
        if self._sentences:
            yield partial(self._sentences.ask, self._sentences.order(path, lines)), self._sentences.noticed
        for some in (tests[:_FIRST], tests[_FIRST:]):
            if some:
                yield partial(asked, some), self._reached.noted


def _chosen(mutant: Mutant, part: int, parts: int) -> bool:
    """Whether it belongs to that part of all: the same ones in every run."""
    return zlib.crc32(mutant.name.encode()) % parts == part - 1


def survivors(group: Group, targets: Sequence[Target], part: int, parts: int, again: bool) -> int:
    """Try what could go wrong in these modules; print scores and survivors, and return how much is amiss."""
    trials, known, amiss = Trials(group, targets), argued(), 0
    for target in targets:
        started, alive = time.monotonic(), 0
        tried = [mutant for mutant in mutants(ROOT, target.path, target.only) if _chosen(mutant, part, parts)]
        for mutant in tried:
            if (mutant.name in known and not again) or trials.survives(target, mutant):
                alive += 1
                amiss += mutant.name not in known
                print(f"    {known.get(mutant.name, 'NOT ARGUED')}: line {mutant.lines[0]}: {mutant.name}", flush=True)
            elif mutant.name in known:
                print(f"    argued, and noticed: line {mutant.lines[0]}: {mutant.name}", flush=True)
        score = 1 - alive / len(tried) if tried else 1.0
        amiss += score < LEAST
        minutes = (time.monotonic() - started) / 60
        counted = f"{len(tried) - alive:4} of {len(tried):4}"
        print(f"{score:7.1%}  {counted}  {target.path}, {minutes:.1f} minutes", flush=True)
    return min(amiss, 99)


def main() -> int:
    """The command."""
    options = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    options.add_argument("words", nargs="*", help="modules whose path holds one of them; all without any")
    options.add_argument("--part", default="1/1", help="2/3: the second third of the changes")
    options.add_argument("--argued", action="store_true", help="try also what SURVIVORS.md argues")
    given = options.parse_args()
    part, parts = map(int, given.part.split("/"))
    amiss = 0
    for group in GROUPS:
        chosen = [t for t in group.targets if not given.words or any(word in t.path for word in given.words)]
        if chosen:  # in a process of its own, for each has other things loaded
            work = partial(survivors, group, chosen, part, parts, given.argued)
            amiss += abs(forked(work, quiet=False))
    return int(amiss > 0)


if __name__ == "__main__":
    sys.exit(main())
