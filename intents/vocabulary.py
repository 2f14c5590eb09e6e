"""The words of a language: entries of YAML written out as phrases, each with the slot it fills."""

import re
from collections.abc import Iterator

from intents.patterns import Symbols
from intents.source import Source
from intents.typos import misspellings

_CHOICE = re.compile(r"\(([^()]*)\)")
MAX_FORMS = 5000  # of one entry, after its alternatives are multiplied out


def forms(entry: str) -> Iterator[tuple[str, bool]]:
    """`(sign|log) (me |)in` written out; `word~` adds its common misspellings."""
    if not any(char.isalnum() for char in entry):
        yield entry, False  # punctuation stands for itself
        return
    for n, choice in enumerate(_written_out(entry)):
        if n >= MAX_FORMS:
            raise ValueError(f"more than {MAX_FORMS} forms")
        words = choice.replace("-", " ").replace("_", " ").split()
        right = [word.rstrip("~") for word in words]
        yield " ".join(right), False
        for place, word in enumerate(words):
            for wrong in misspellings(right[place]) if word.endswith("~") else ():
                yield " ".join([*right[:place], wrong, *right[place + 1 :]]), True


def _written_out(entry: str) -> Iterator[str]:
    inner = _CHOICE.search(entry) if "(" in entry else None
    if inner is None:
        yield entry
        return
    for option in inner[1].split("|"):
        yield from _written_out(entry[: inner.start()] + option + entry[inner.end() :])


class Vocabulary:
    """Phrases of one grammar; a later language's phrase wins, a right spelling wins over a wrong one."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.slot: dict[str, str] = {}
        self.own: set[str] = set()

    def read(self, source: Source, own: bool, longest: int | None = None) -> None:
        """Add the words of a file; `own`: they tell the language; `longest`: how many words a phrase may have."""
        right, wrong = written_out(source)
        if longest:
            right, wrong = ({p: s for p, s in found.items() if p.count(" ") < longest} for found in (right, wrong))
        self.symbols.add_all(source.mapping("slots"))
        never = set(source.strings("not_typos")) | self.slot.keys() | right.keys()
        fresh = {phrase: slot for phrase, slot in wrong.items() if phrase not in never}
        self.slot |= right | fresh
        self.own = self.own | right.keys() | fresh.keys() if own else self.own - right.keys()


def written_out(source: Source) -> tuple[dict[str, str], dict[str, str]]:
    """Phrase to slot: rightly and wrongly spelled. Worked out once for every file."""
    if "written out" not in source.kept:
        right: dict[str, str] = {}
        wrong: dict[str, str] = {}
        for name in source.mapping("slots"):
            for n, entry in enumerate(source.strings("slots", name)):
                try:
                    for form, guessed in forms(entry):
                        if guessed:
                            wrong.setdefault(form, name)
                        else:
                            right[form] = name
                except ValueError as error:
                    raise source.fault(("slots", name, n), str(error)) from None
        source.kept["written out"] = right, wrong
    kept: tuple[dict[str, str], dict[str, str]] = source.kept["written out"]
    return kept
