"""Where no rule speaks: a guess from which slots a request has and which follow which (`make learn`).

A linear model over what the scan found anyway. It can start, confirm and end nothing: what it may say asks or tells.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from importlib.resources.abc import Traversable
from math import exp
from typing import Any

from intents.labels import Label
from intents.patterns import BASE, Symbols

FILE = "learned.json"
GUESSED = (Label.AMBIGUOUS, Label.BYOK, Label.OTHER_VENDOR, Label.STATUS, Label.MODELS, Label.USAGE)
SURE = 0.6  # of 1
_CLAUSES = 8  # of more than that is a pasted document

Clause = tuple[str, int]  # of a `Scan`
Guess = Callable[[Sequence[Clause]], Label | None]


def seen(clauses: Sequence[Clause]) -> set[str]:
    """What the model looks at: the symbol of each feature, and each two symbols in a row; `^` and `$` are the ends."""
    found: set[str] = set()
    features = 0
    for symbols, own in clauses:
        features |= own
        row = f"^{symbols}$"
        found.update(row[place : place + 2] for place in range(len(row) - 1))
    while features:
        lowest = features & -features
        found.add(chr(BASE + lowest.bit_length() - 1))
        features ^= lowest
    return found


def spelled(key: str, symbols: Symbols) -> str:
    """A key of `seen` as the file has it: by name, for places change with the vocabulary."""
    return " ".join(char if char in "^$" else symbols.spell(char) for char in key)


def guessing(root: Traversable, symbols: Symbols) -> Guess:
    """The model in `root`; one that never guesses where there is none."""
    file = root / FILE
    if not file.is_file():
        return lambda _: None
    model: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
    labels, start = [Label(label) for label in model["start"]], list(model["start"].values())
    place = {label: number for number, label in enumerate(model["start"])}
    weights = {
        "".join(name if name in "^$" else symbols.char(name) for name in names.split()): [
            (place[label], weight) for label, weight in row.items()
        ]
        for names, row in model["weights"].items()
    }

    def guess(clauses: Sequence[Clause]) -> Label | None:
        if len(clauses) > _CLAUSES:
            return None
        scores = start[:]
        for key in sorted(seen(clauses)):  # floats add up differently in another order
            for number, weight in weights.get(key, ()):
                scores[number] += weight
        best = max(scores)
        label = labels[scores.index(best)]
        sure = 1 / sum(exp(score - best) for score in scores)
        return label if label in GUESSED and sure > SURE else None

    return guess
