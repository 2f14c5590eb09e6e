"""`make mutation`: small faults in what enforces the rules have to be noticed by a test.

Prints the score of each module, and what survived; fails below 85 %, or where `SURVIVORS.md` doesn't argue a survivor.
What it argues counts as survived without being tried, unless `--argued` asks for it.
"""

import argparse
import sys
import time
import zlib
from collections.abc import Callable, Sequence
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
        unchanged = Mutant(paths[0], "", range(0), "", "", (ROOT / paths[0]).read_text("utf-8"))
        assert self.survives(targets[0], unchanged), "tests fail without a change: nothing would count"

    def survives(self, target: Target, mutant: Mutant) -> bool:
        """Whether nobody notices it."""
        anew = ("intents.",) if target.at_load else self._group.anew
        change = Change(target.path, mutant.source, anew)
        tests = self._reached.of(target.path, () if target.at_load else mutant.lines)
        return all(trial_and_note(change, ask, note) for ask, note in self._questions(target, mutant, tests))

    def _questions(
        self, target: Target, mutant: Mutant, tests: Sequence[str]
    ) -> list[tuple[Callable[[Tell], int], Callable[[str], None]]]:
        found: list[tuple[Callable[[Tell], int], Callable[[str], None]]] = []
        if self._sentences:
            numbers = self._sentences.order(target.path, () if target.at_load else mutant.lines)
            found.append((partial(self._sentences.ask, numbers), self._sentences.noticed))
        noticed = self._reached.noticed
        parts = (tests[:_FIRST], tests[_FIRST:])
        return [*found, *((partial(asked, part), lambda test: noticed.update([test])) for part in parts if part)]


def trial_and_note(change: Change, ask: Callable[[Tell], int], note: Callable[[str], None]) -> bool:
    """Whether it survives that question; who noticed it is remembered."""
    ending, teller = trial(change, ask)
    if teller:
        note(teller)
    return ending is Ending.SURVIVED


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
