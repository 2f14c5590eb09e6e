"""The small faults that a module could have: one change each, made by mutmut's operators and a few of our own.

mutmut itself changes nothing in decorated functions, in nested ones below them or at the top of a module, and there
stand our table of moves, our caches and our guards. So its operators are applied to the whole module here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators, operator_arg_removal, operator_assignment, operator_string

Operator = Callable[[Any], Iterable[cst.CSTNode]]
_MESSAGES = ("log", "fault")  # what they say is for people who look for faults
_NOT_RUN = (cst.Annotation, cst.Import, cst.ImportFrom, cst.Decorator, cst.Assert)


@dataclass(frozen=True)
class Mutant:
    """One change: where, what stood there, what stands there now, and the whole source with it."""

    module: str
    place: str  # the function, or "" at the top
    lines: range
    old: str
    new: str
    source: str
    nth: int = 1  # of the same change in the same function

    @property
    def name(self) -> str:
        """What it is known by as long as its function reads the same, wherever it moves."""
        again = f" ({self.nth})" if self.nth > 1 else ""
        return f"{self.module} {self.place}: {self.old} -> {self.new}{again}"


def drop_an_element(node: cst.Tuple | cst.List | cst.Set) -> Iterator[cst.CSTNode]:
    """A row of a table, a source of a move, an item of a list."""
    if len(node.elements) > 1:
        for n in range(len(node.elements)):
            yield node.with_changes(elements=[*node.elements[:n], *node.elements[n + 1 :]])


def turn_a_condition(node: cst.If | cst.IfExp) -> Iterator[cst.CSTNode]:
    """`if not …` for `if …`."""
    inside = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield cst.UnaryOperation(cst.Not(), inside)


def change_a_string(node: cst.SimpleString) -> Iterator[cst.CSTNode]:
    """One change of a string is enough; mutmut's others differ in case only."""
    yield from list(operator_string(node))[:1]


def leave_out_a_named_argument(node: cst.Call) -> Iterator[cst.CSTNode]:
    """Without any other, or with None for it, a call fails as soon as it is made: that flatters the score."""
    named = sum(1 for argument in node.args if argument.keyword)
    for changed in operator_arg_removal(node):
        if sum(1 for argument in changed.args if argument.keyword) < named:
            yield changed


_OWN: dict[Operator, Operator] = {operator_string: change_a_string, operator_arg_removal: leave_out_a_named_argument}
_FLATTERING = (operator_assignment,)  # None for a whole value: the same
OPERATORS: list[tuple[type, Operator]] = [
    *((kind, _OWN.get(operator, operator)) for kind, operator in mutation_operators if operator not in _FLATTERING),
    *((kind, drop_an_element) for kind in (cst.Tuple, cst.List, cst.Set)),
]


Change = tuple[cst.CSTNode, cst.CSTNode]


class _Places(cst.CSTVisitor):
    """Every node that may be changed, what can be made of it, and the function that it stands in."""

    def __init__(self) -> None:
        super().__init__()
        self.place: list[str] = []
        self.found: list[tuple[Change, str]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, _NOT_RUN) or _is_message(node) or _is_alias(node):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self.place.append(node.name.value)
        if isinstance(node, cst.If | cst.IfExp):
            self._note(node.test, turn_a_condition(node))
        for kind, operator in OPERATORS:
            if isinstance(node, kind):
                self._note(node, operator(node))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self.place.pop()

    def _note(self, old: cst.CSTNode, made: Iterable[cst.CSTNode]) -> None:
        self.found += [((old, new), ".".join(self.place)) for new in made if not new.deep_equals(old)]


def _is_message(node: cst.CSTNode) -> bool:
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        return False
    owner = node.func.value.value if isinstance(node.func.value, cst.Name) else ""
    return owner in _MESSAGES or node.func.attr.value in _MESSAGES


def _is_alias(node: cst.CSTNode) -> bool:
    """A name for a type: `Judged = list[…]`."""
    value = node.value if isinstance(node, cst.Assign) else None
    return isinstance(value, cst.Subscript) and isinstance(value.value, cst.Name)


class Text:
    """The source, where its nodes stand, and what it is with one of them changed."""

    def __init__(self, source: str) -> None:
        self._tree = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
        self._places = self._tree.resolve(PositionProvider)
        self._source = source
        self._starts = [0, *(n + 1 for n, character in enumerate(source) if character == "\n")]

    def changes(self) -> list[tuple[Change, str]]:
        found = _Places()
        self._tree.module.visit(found)
        return found.found

    def lines(self, node: cst.CSTNode) -> range:
        return range(self._places[node].start.line, self._places[node].end.line + 1)

    def changed(self, old: cst.CSTNode, new: cst.CSTNode) -> str:
        if isinstance(old, cst.Match):  # its cases keep their indentation only as a part of the whole
            return self._tree.module.deep_replace(old, new).code  # type: ignore[union-attr]
        place = self._places[old]
        start, end = (self._starts[at.line - 1] + at.column for at in (place.start, place.end))
        return self._source[:start] + _code(new).strip() + self._source[end:]


def mutants(root: Path, path: str, only: Sequence[str] = ()) -> list[Mutant]:
    """All of one file, or of some of its functions, in the order of its lines."""
    text, made = Text((root / path).read_text("utf-8")), []
    seen: Counter[str] = Counter()
    for (old, new), place in text.changes():
        if only and not place.startswith(tuple(only)):
            continue
        source = text.changed(old, new)
        if _compiles(source):
            mutant = Mutant(path, place, text.lines(old), _short(old), _short(new), source)
            seen[mutant.name] += 1
            made.append(replace(mutant, nth=seen[mutant.name]))
    return made


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


def _short(node: cst.CSTNode) -> str:
    return " ".join(_code(node).split())


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True
