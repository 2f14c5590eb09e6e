"""Shortcuts against the full judgement, on every sentence there is: they save work and change nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from intents import Classification, Label, classifier, classify, read
from intents.grammar import STATES
from intents.lexicon import load
from intents.patterns import Pattern

HERE = Path(__file__).parent


def items() -> list[dict[str, Any]]:
    """Every labelled sentence of every language, and the development corpus."""
    files = [yaml.load(path.read_bytes(), yaml.CSafeLoader) for path in sorted(HERE.glob("*/*.yaml"))]
    found = [{"state": file.get("state"), **item} for file in files for item in file["items"]]
    lines = [line for path in sorted(HERE.glob("corpus/*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    return [*found, *({"state": None, **json.loads(line)} for line in lines)]


TEXTS = sorted({item["text"] for item in items()})


def answers() -> list[list[Classification]]:
    """What every text means under every question."""
    return [[reading.classify(question) for question in (None, *STATES)] for reading in map(read, TEXTS)]


def test_no_shortcut_changes_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slots that a pattern can't do without only save work."""
    short = answers()
    thorough = load()
    monkeypatch.setattr(Pattern, "found", lambda self, symbols, _: self.regex.search(symbols) is not None)
    monkeypatch.setattr(classifier, "lexicon", lambda: thorough)
    assert answers() == short


def test_a_text_is_silent_just_when_all_four_answers_are_none() -> None:
    for text, found in zip(TEXTS, answers(), strict=True):
        assert read(text).silent is all(answer.label is Label.NONE for answer in found), text


def test_what_is_not_looked_into_would_have_been_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text in which nothing of ours is named, or only in passing; or too long for an answer."""
    passed = [item for item in items() if classify(item["text"], item["state"]).label is Label.NONE]
    passed = [item for item in passed if Label.NONE not in item["accept"]]  # or it was right
    monkeypatch.setattr(classifier.Reading, "_asks_for_a_look", lambda *_: True)
    monkeypatch.setattr(classifier.Reading, "_may_answer", True)
    for item in passed:
        label = classify(item["text"], item["state"]).label
        assert label is Label.NONE or label not in item["accept"], item
