"""`SURVIVORS.md`: under each heading an argument, and in a fence the changes that it is about."""

from pathlib import Path

from .mutants import mutants
from .targets import GROUPS
from .trial import ROOT

DOCUMENT = Path(__file__).parent / "SURVIVORS.md"


def argued() -> dict[str, str]:
    """The names of the changes that may survive, each with the heading of its argument."""
    found: dict[str, str] = {}
    for section in DOCUMENT.read_text("utf-8").split("\n## ")[1:]:
        argument, _, names = section.partition("\n```text\n")
        found |= dict.fromkeys(names.partition("\n```")[0].splitlines(), argument.partition("\n")[0])
    return found


def stale() -> list[str]:
    """Names of changes that can't be made any more: their code reads otherwise now."""
    named = {name.partition(" ")[0] for name in argued()}
    targets = [target for group in GROUPS for target in group.targets if target.path in named]
    made = {mutant.name for target in targets for mutant in mutants(ROOT, target.path, target.only)}
    return [name for name in argued() if name not in made]
