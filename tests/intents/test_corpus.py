"""The development corpus as a regression (issue: sentences must be right, and nothing may start unasked)."""

import json
from pathlib import Path
from typing import Any

import pytest

from intents.evaluate import Report, evaluate

CORPUS = Path(__file__).parent / "corpus"


def items(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPUS / f"{name}.jsonl").read_text("utf-8").splitlines()]


def report(name: str) -> Report:
    return evaluate(items(name))


@pytest.mark.parametrize("name", ["requests", "replies", "traffic"])
def test_nothing_starts_or_confirms_unasked(name: str) -> None:
    """intent-labels.md: a false start is worse than a question."""
    found = report(name)
    assert not found.false_starts
    assert not found.false_confirmations


def test_every_seed_is_right() -> None:
    seeds = [item for name in ("requests", "replies") for item in items(name) if "seed" in item["tags"]]
    assert seeds
    assert not evaluate(seeds).wrong
