"""Key + values + language -> text. Every word a user can read stands in `skill/replies/*.yaml`."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class Entry:
    """One text of the catalogue and the notes that follow it, placeholders unfilled."""

    text: str
    notes: tuple[str, ...] = ()

    @property
    def placeholders(self) -> frozenset[str]:
        """The names that the entry's templates ask for."""
        templates = (self.text, *self.notes)
        return frozenset(name for part in templates for _, name, _, _ in string.Formatter().parse(part) if name)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All texts of one language."""

    language: str
    entries: Mapping[str, Entry]

    def text(self, key: str, **values: object) -> str:
        """The text under `key`, filled. Raises `KeyError` for an unknown key or a missing value."""
        return self.entries[key].text.format_map(values)

    def notes(self, key: str, **values: object) -> list[str]:
        """The notes that belong to it, filled."""
        return [note.format_map(values) for note in self.entries[key].notes]

    def duration(self, span: timedelta) -> str:
        """A span of time in words, two units at most: "9 d 4 h", "3 h 20 min". Never less than a minute."""
        minutes = max(1, -(-int(span.total_seconds()) // 60))
        days, rest = divmod(minutes, 24 * 60)
        units = [("day", days), ("hour", rest // 60), ("minute", rest % 60)]
        words = [self.text(unit, n=n) for unit, n in units if n][:2]
        return self.text("duration", first=words[0], second=words[1]) if len(words) == 2 else words[0]

    def window(self, seconds: int | None) -> str:
        """A usage window, named by its length: 18000 s is the 5-hour limit, 604800 s the weekly one."""
        hours = max(0, seconds or 0) // 3600
        if hours == 7 * 24:
            return self.text("window_week")
        if hours and hours % 24 == 0:
            return self.text("window_days", n=hours // 24)
        return self.text("window_hours", n=hours) if hours else self.text("unknown")


@cache
def languages() -> tuple[str, ...]:
    """The installed languages, the default first."""
    names = {
        file.name.removesuffix(".yaml") for file in files("skill.replies").iterdir() if file.name.endswith(".yaml")
    }
    return ("en", *sorted(names - {"en"}))


@cache
def catalogue(language: str) -> Catalogue:
    """The texts of one installed language, read once."""
    source = files("skill.replies").joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    raw = yaml.load(source, Loader=yaml.CSafeLoader)
    return Catalogue(language, {key: Entry(row["text"], tuple(row.get("notes", ()))) for key, row in raw.items()})


def pick_language(*candidates: str | None) -> str:
    """The first candidate that has a catalogue, by its primary tag ("zh-TW" is "zh"); else the default.

    A candidate that names a language without a catalogue ends the search: its speaker gets the default.
    """
    for candidate in candidates:
        if candidate:
            primary = candidate.replace("_", "-").partition("-")[0].lower()
            return primary if primary in languages() else languages()[0]
    return languages()[0]
