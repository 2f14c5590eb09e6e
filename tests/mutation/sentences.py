"""The labelled sentences, each a trial of its own: right before a change and wrong with it, it has noticed the change.

This is `test_regressions.py` sentence by sentence, so that the few which come by the changed lines, and those which
noticed an earlier change, are asked first.
"""

import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from types import FrameType
from typing import Any

from .trial import ROOT, Tell


def _all() -> list[dict[str, Any]]:
    """All that are right, near ones far apart: a fault shows in many of one file."""
    from tests.intents.known_wrong import KNOWN, key, pool  # noqa: PLC0415 (the other modules' trials need none)

    found = [item for name in KNOWN for item in pool(name) if key(item) not in KNOWN[name]]
    random.Random(1).shuffle(found)
    return found


class Sentences:
    """All sentences, by module and line the ones that come by, and how many changes each has noticed."""

    def __init__(self) -> None:
        self._all = _all()
        self._by_line: dict[str, dict[int, list[int]]] = {}
        self._noticed: Counter[int] = Counter()

    def watch(self, paths: Sequence[str]) -> None:
        """Read every sentence, and note the lines of these modules that it comes by."""
        from intents import classify  # noqa: PLC0415

        for item in self._all:  # what is worked out once is worked out now
            classify(item["text"], item["state"])
        found: dict[str, defaultdict[int, list[int]]] = {str(ROOT / path): defaultdict(list) for path in paths}
        lines: set[tuple[str, int]] = set()

        def inside(frame: FrameType, event: str, _: object) -> Any:
            lines.add((frame.f_code.co_filename, frame.f_lineno))
            return inside

        def outside(frame: FrameType, event: str, _: object) -> Any:
            return inside(frame, event, _) if frame.f_code.co_filename in found else None

        for number, item in enumerate(self._all):
            lines.clear()
            sys.settrace(outside)
            classify(item["text"], item["state"])
            sys.settrace(None)
            for path, line in lines:
                found[path][line].append(number)
        self._by_line = {path: found[str(ROOT / path)] for path in paths}

    def order(self, path: str, lines: Iterable[int]) -> list[int]:
        """The sentences that may notice a change of these lines, the ones that noticed most first."""
        by_line = self._by_line.get(path, {})
        near = {number for line in lines for number in by_line.get(line, ())}  # none by what is worked out once
        return sorted(near or range(len(self._all)), key=lambda number: -self._noticed[number])

    def noticed(self, teller: str) -> None:
        """One of them was the first to notice a change."""
        self._noticed[int(teller)] += 1

    def ask(self, numbers: Sequence[int], tell: Tell) -> int:
        """1 as soon as one of them is read otherwise than it should be."""
        from intents import classify  # noqa: PLC0415 (with the change)

        for number in numbers:
            item = self._all[number]
            try:
                right = classify(item["text"], item["state"]).label in item["accept"]
            except Exception:  # noqa: BLE001 (whatever it is, it was noticed)
                right = False
            if not right:
                tell(str(number))
                return 1
        return 0
