"""`skill/SKILL.md` and its Chinese twin, taken apart for the tests."""

import re
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

from skill.folder import DOCUMENT, TWIN

SAID = r"[\"“](.+?)[\"”]"


@dataclass(frozen=True)
class Row:
    """A table's row: what its cells quote, and the names in backticks in each."""

    cells: tuple[str, ...]

    def quoted(self, cell: int) -> list[str]:
        return re.findall(SAID, self.cells[cell])

    def names(self, cell: int) -> list[str]:
        return re.findall(r"`([^`]+)`", self.cells[cell])


@dataclass(frozen=True)
class Section:
    """What stands under one heading of the second level."""

    title: str
    text: str

    @property
    def rows(self) -> list[Row]:
        lines = [line for line in self.text.splitlines() if line.startswith("|")][2:]
        return [Row(tuple(cell.strip() for cell in line.strip("|").split("|"))) for line in lines]

    @property
    def blocks(self) -> list[str]:
        """The code blocks, without the indentation of the list that they stand in."""
        found = re.findall(r"^( *)```\w*\n(.*?)^ *```$", self.text, re.S | re.M)
        return [re.sub(rf"^{indent}", "", block, flags=re.M).rstrip("\n") for indent, block in found]

    @property
    def names(self) -> list[str]:
        """What stands in backticks, in order; blocks aside."""
        prose = re.sub(r"^ *```.*?^ *```$", "", self.text, flags=re.S | re.M)
        return re.findall(r"`([^`]+)`", prose)

    @property
    def items(self) -> list[str]:
        return re.findall(r"^(?:-|\d\.) (.+(?:\n  .+)*)", self.text, re.M)


@dataclass(frozen=True)
class Document:
    """One of the two; its sections are named by their place, for their titles differ."""

    name: str

    @cached_property
    def text(self) -> str:
        return files("skill").joinpath(self.name).read_text(encoding="utf-8")

    @cached_property
    def sections(self) -> list[Section]:
        parts = re.split(r"^## ", self.text, flags=re.M)[1:]
        return [Section(*part.split("\n", 1)) for part in parts]

    @cached_property
    def headings(self) -> list[int]:
        """The level of every heading, in order."""
        return [len(marks) for marks in re.findall(r"^(#+) ", self.text, re.M)]

    def __getattr__(self, name: str) -> Section:
        if name not in PLACES:
            raise AttributeError(name)
        return self.sections[PLACES.index(name)]


PLACES = (
    "when",
    "when_not",
    "see_also",
    "flow",
    "meanwhile",
    "actions",
    "errors",
    "shell",
    "connected",
    "reauth",
    "rules",
)
ENGLISH, CHINESE = Document(DOCUMENT), Document(TWIN)
BOTH = [ENGLISH, CHINESE]
