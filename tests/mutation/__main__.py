"""`make mutation`: small faults in what enforces the rules have to be noticed by a test.

Prints the score of each module, and what survived; fails below 85 %, or where `SURVIVORS.md` doesn't argue a survivor.
"""

import argparse
import sys
import zlib
from collections.abc import Sequence
from functools import partial

from .mutants import Mutant, mutants
from .reach import reach
from .survivors import argued
from .targets import GROUPS, Group, Target
from .trial import ROOT, Ending, forked, prepare, trial

LEAST = 0.85


def _chosen(mutant: Mutant, part: int, parts: int) -> bool:
    """Whether it belongs to that part of all: the same ones in every run."""
    return zlib.crc32(mutant.name.encode()) % parts == part - 1


def survivors(group: Group, targets: Sequence[Target], part: int, parts: int) -> int:
    """Try what could go wrong in these modules; print scores and survivors, and return how much is amiss."""
    prepare(group.package == "skill")
    reached = reach([target.path for target in targets], group.tests)
    known, amiss = argued(), 0
    for target in targets:
        tried = [mutant for mutant in mutants(ROOT, target.path, target.only) if _chosen(mutant, part, parts)]
        alive = 0
        for mutant in tried:
            tests = reached.all if target.at_load else reached.of(target.path, mutant.lines)
            if trial(target.module, target.path, mutant.source, tests) is Ending.SURVIVED:
                alive += 1
                amiss += mutant.name not in known
                print(f"    {known.get(mutant.name, 'NOT ARGUED')}: line {mutant.lines[0]}: {mutant.name}", flush=True)
        score = 1 - alive / len(tried) if tried else 1.0
        amiss += score < LEAST
        print(f"{score:7.1%}  {len(tried) - alive:4} of {len(tried):4}  {target.path}", flush=True)
    whole = (ROOT / targets[0].path).read_text("utf-8")
    unchanged = trial(targets[0].module, targets[0].path, whole, reached.all[:20])
    assert unchanged is Ending.SURVIVED, "tests fail without a change: nothing above counts"
    return min(amiss, 99)


def main() -> int:
    """The command."""
    options = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    options.add_argument("words", nargs="*", help="modules whose path holds one of them; all without any")
    options.add_argument("--part", default="1/1", help="2/3: the second third of the changes")
    given = options.parse_args()
    part, parts = map(int, given.part.split("/"))
    amiss = 0
    for group in GROUPS:
        chosen = [t for t in group.targets if not given.words or any(word in t.path for word in given.words)]
        if chosen:  # in a process of its own, for in one group `intents` is loaded before, in the other it mustn't be
            amiss += abs(forked(partial(survivors, group, chosen, part, parts), quiet=False))
    return int(amiss > 0)


if __name__ == "__main__":
    sys.exit(main())
