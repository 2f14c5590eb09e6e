"""How well the labels fit labelled messages, and which words of a message counted; pure, for the command."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from intents.apart import Part, secrets
from intents.classifier import classify
from intents.labels import Classification, Label

STARTS = frozenset({Label.OAUTH, Label.CHOOSE_OAUTH, Label.RETRY})


@dataclass(frozen=True, slots=True)
class Wrong:
    """One message whose label is none of those accepted."""

    id: str
    state: str | None
    text: str
    accept: tuple[str, ...]
    got: str
    rule: str


@dataclass(slots=True)
class Report:
    """Counts of one run; `false_starts` and `false_confirmations` first, for they cost the most."""

    total: int = 0
    right: int = 0
    false_starts: list[Wrong] = field(default_factory=list)
    false_confirmations: list[Wrong] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    by_label: dict[str, tuple[int, int]] = field(default_factory=dict)  # label -> (right, all)
    by_language: dict[str, tuple[int, int]] = field(default_factory=dict)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)  # (wanted, got)

    @property
    def accuracy(self) -> float:
        return self.right / self.total if self.total else 1.0

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "false_starts": [asdict(item) for item in self.false_starts],
            "false_confirmations": [asdict(item) for item in self.false_confirmations],
            "total": self.total,
            "right": self.right,
            "accuracy": self.accuracy,
            "labels": {name: {"right": r, "all": n} for name, (r, n) in sorted(self.by_label.items())},
            "languages": {name: {"right": r, "all": n} for name, (r, n) in sorted(self.by_language.items())},
            "confusion": [{"wanted": w, "got": g, "count": n} for (w, g), n in self.confusion.most_common()],
            "wrong": [asdict(item) for item in self.wrong],
        }


def evaluate(items: Iterable[Mapping[str, Any]]) -> Report:
    """Items as in the corpus: `text` and `accept`, and where there are any `state`, `lang`, `id`."""
    report = Report()
    for number, item in enumerate(items, 1):
        accept = tuple(map(str, item["accept"]))
        found = classify(item["text"], item.get("state"))
        _count(report, item, accept, found)
        if found.label not in accept:
            _blame(report, item, accept, found, number)
    return report


def _count(report: Report, item: Mapping[str, Any], accept: tuple[str, ...], found: Classification) -> None:
    right = found.label in accept
    wanted = str(found.label) if right else accept[0]
    report.total += 1
    report.right += right
    report.confusion[wanted, str(found.label)] += 1
    for table, key in ((report.by_label, wanted), (report.by_language, str(item.get("lang", "?")))):
        before = table.get(key, (0, 0))
        table[key] = before[0] + right, before[1] + 1


def _blame(
    report: Report, item: Mapping[str, Any], accept: tuple[str, ...], found: Classification, number: int
) -> None:
    wrong = Wrong(
        str(item.get("id", number)), item.get("state"), item["text"], accept, str(found.label), found.evidence.rule
    )
    report.wrong.append(wrong)
    if found.label in STARTS:
        report.false_starts.append(wrong)
    if found.label is Label.CONFIRM:
        report.false_confirmations.append(wrong)


def marked(text: str, found: Classification) -> list[tuple[str, str | None]]:
    """The text in fragments, each with the slot it filled or None; secrets masked as in the evidence."""
    out: list[tuple[str, str | None]] = []
    hidden = secrets(text)
    last = 0
    for span in sorted(found.evidence, key=lambda span: span.start):
        if span.start > last:
            out.append((_shown(text, last, span.start, hidden), None))
        out.append((span.text, span.slot))
        last = span.end
    return [*out, (_shown(text, last, len(text), hidden), None)] if last < len(text) else out


def _shown(text: str, start: int, end: int, hidden: Sequence[Part]) -> str:
    """A stretch of the text; a key that reaches into it is masked."""
    out = ""
    for first, after, _ in hidden:
        if first < end and after > start:
            out += text[start : max(start, first)] + "•••"
            start = min(after, end)
    return out + text[start:end]
