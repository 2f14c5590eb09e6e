"""`/metrics`: a few counters in the text format of Prometheus. The skill's own figures go through OpenTelemetry."""

from collections import Counter

HELP = {
    "requests_total": ("counter", "Requests, by path and status."),
    "request_seconds_total": ("counter", "Seconds spent on requests, by path."),
    "in_flight": ("gauge", "Requests being answered now."),
    "messages_total": ("counter", "Messages, by what became of them."),
    "refused_total": ("counter", "Refused requests, by error code."),
}
PREFIX = "codex_onboarding_service_"


class Metrics:
    """Counts of this process. Labels are paths, states and codes: nothing that came with a request."""

    def __init__(self) -> None:
        self._values: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        """Count so much more of it."""
        self._values[name, tuple(sorted(labels.items()))] += amount  # type: ignore[assignment]

    def text(self) -> str:
        """All of them."""
        lines = []
        for name, (kind, says) in HELP.items():
            lines += [f"# HELP {PREFIX}{name} {says}", f"# TYPE {PREFIX}{name} {kind}"]
            lines += [_line(name, labels, value) for (of, labels), value in self._values.items() if of == name]
        return "\n".join(lines) + "\n"


def _line(name: str, labels: tuple[tuple[str, str], ...], value: float) -> str:
    shown = ",".join(f'{label}="{text}"' for label, text in labels)
    return f"{PREFIX}{name}{{{shown}}} {value:g}" if shown else f"{PREFIX}{name} {value:g}"
