"""The deciding rules of `rules.yaml`: features of a clause to a label, the first that holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from intents.labels import Label
from intents.patterns import Symbols
from intents.source import Source

TAKEN_BACK = "taken-back"  # what came before doesn't hold
REFRAINS = "refrains"  # what was to be started before isn't
REMEMBERED = 8192  # sets of features whose rule is kept


@dataclass(frozen=True, slots=True)
class RequestRule:
    """A deciding rule over features of a frame (`rules.yaml`)."""

    name: str
    label: Label
    every: int
    some: tuple[int, ...]
    none: int


def read_rules(source: Source, symbols: Symbols) -> tuple[RequestRule, ...]:
    """All rules, in order, each checked against the features there are."""
    rules = []
    doubt = str(source.value.get("doubt", ""))
    for n, rule in enumerate(source.items("rules")):
        source.only({"rule", "label", "cite", "all", "any", "any2", "any3", "none"}, "rules", n)

        def bits(key: str, n: int = n, rule: dict[str, Any] = rule) -> int:
            total = 0
            for name in str(rule.get(key, "")).replace("@doubt", doubt).split():
                if not symbols.known(name):
                    raise source.fault(("rules", n, key), f"unknown feature {name!r}")
                total |= symbols.bit(name)
            return total

        some = tuple(b for b in (bits("any"), bits("any2"), bits("any3")) if b)
        try:
            label = Label(rule["label"])
        except (ValueError, KeyError):
            raise source.fault(("rules", n, "label"), "must be a label") from None
        rules.append(RequestRule(source.text("rules", n, "rule"), label, bits("all"), some, bits("none")))
    return tuple(rules)


def decision(rules: Sequence[RequestRule]) -> Callable[[int], RequestRule | None]:
    """The first rule that holds for the features of a clause; the same features are judged once."""

    @lru_cache(maxsize=REMEMBERED)
    def deciding(mask: int) -> RequestRule | None:
        for rule in rules:
            if mask & rule.every == rule.every and not mask & rule.none and all(mask & some for some in rule.some):
                return rule
        return None

    return deciding
