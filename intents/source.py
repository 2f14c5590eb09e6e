"""YAML in, plain values out: bounded, without duplicate keys, and every fault names file, line and key."""

from collections.abc import Iterator
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

import yaml

_T = TypeVar("_T")

MAX_BYTES = 256 * 1024
MAX_DEPTH = 8

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where libyaml is there


class LexiconError(ValueError):
    """A lexicon that can't be used; the message says where and why."""

    def __init__(self, file: str, line: int, key: str, why: str) -> None:
        super().__init__(f"{file}:{line}: {key or 'file'}: {why}")
        self.file, self.line, self.key, self.why = file, line, key, why


class Source:
    """One parsed file; remembers the line of every value so that later checks can name it."""

    def __init__(self, path: Traversable) -> None:
        self.file = f"{path}"
        self.lines: dict[tuple[str | int, ...], int] = {}
        self.kept: dict[str, Any] = {}  # what others worked out of it
        raw = path.read_bytes()
        if len(raw) > MAX_BYTES:
            raise LexiconError(self.file, 1, "", f"larger than {MAX_BYTES} bytes")
        try:
            node = yaml.compose(raw.decode("utf-8"), Loader=_Loader)
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            raise LexiconError(self.file, mark.line + 1 if mark else 1, "", f"not valid YAML: {error}") from None
        value = self._value(node, ())
        if not isinstance(value, dict):
            raise LexiconError(self.file, 1, "", "must be a mapping")
        self.value: dict[str, Any] = value

    def fault(self, path: tuple[str | int, ...], why: str) -> LexiconError:
        known = next((path[:n] for n in range(len(path), -1, -1) if path[:n] in self.lines), ())
        return LexiconError(self.file, self.lines.get(known, 1), ".".join(map(str, path)), why)

    def _value(self, node: Any, path: tuple[str | int, ...]) -> Any:
        if node is None:
            return {}
        self.lines[path] = node.start_mark.line + 1
        if len(path) > MAX_DEPTH:
            raise self.fault(path, f"nested deeper than {MAX_DEPTH}")
        if len(self.lines) > MAX_BYTES:  # more values than bytes: aliases of aliases
            raise self.fault(path, f"more than {MAX_BYTES} values")
        if isinstance(node, yaml.ScalarNode):
            return True if node.value == "true" else node.value  # "yes" and "no" are words here
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, n)) for n, item in enumerate(node.value)]
        return dict(self._pairs(node, path))

    def _pairs(self, node: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key, item in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            self.lines[*path, name] = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or name in seen:
                raise self.fault((*path, name), "duplicate key" if name in seen else "a key must be a plain word")
            seen.add(name)
            yield name, self._value(item, (*path, name))

    # ---- the shapes a lexicon is made of -----------------------------------------------------------------

    def mapping(self, *path: str | int) -> dict[str, Any]:
        return self._of({}, "must be a mapping", path)

    def items(self, *path: str | int) -> list[Any]:
        return self._of([], "must be a list", path)

    def strings(self, *path: str | int) -> list[str]:
        """A list of strings, or one string."""
        found = self._at(path)
        if found is None:
            return []
        if isinstance(found, str):
            return [found]
        for n, item in enumerate(self.items(*path)):
            if not isinstance(item, str):
                raise self.fault((*path, n), "must be text")
        return list(found)

    def texts(self, *path: str | int) -> dict[str, str]:
        """Words to words."""
        for name, value in self.mapping(*path).items():
            if not isinstance(value, str):
                raise self.fault((*path, name), "must be text")
        return self.mapping(*path)

    def text(self, *path: str | int) -> str:
        """What can't be left out."""
        found = self._at(path)
        if not isinstance(found, str):
            raise self.fault(path, "must be text")
        return found

    def only(self, allowed: set[str], *path: str | int) -> None:
        for name in self.mapping(*path):
            if name not in allowed:
                raise self.fault((*path, name), f"unknown key; known are {', '.join(sorted(allowed))}")

    def _of(self, empty: _T, why: str, path: tuple[str | int, ...]) -> _T:
        found = self._at(path)
        if found is None:
            return empty
        if not isinstance(found, type(empty)):
            raise self.fault(path, why)
        return found

    def _at(self, path: tuple[str | int, ...]) -> Any:
        value: Any = self.value
        for n, step in enumerate(path):
            if isinstance(value, list) and isinstance(step, int):
                value = value[step]
            elif isinstance(value, dict):
                value = value.get(str(step))
            elif value is not None:
                raise self.fault(path[:n], "must be a mapping")
        return value
