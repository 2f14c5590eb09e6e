"""What was learned speaks where no rule does, starts and ends nothing, and is about slots that there are."""

import json
from importlib import resources
from pathlib import Path

import pytest

from intents import Label, classify, read
from intents.classifier import lexicon
from intents.decide import by_rules
from intents.learned import FILE, GUESSED, guessing

from .known_wrong import KNOWN, pool

MODEL = json.loads((resources.files("intents") / FILE).read_text("utf-8"))


def test_every_weight_is_about_slots_that_there_are() -> None:
    """After a slot was renamed: `make learn`."""
    names = {name for key in MODEL["weights"] for name in key.split()}
    assert names - {"^", "$"} <= set(lexicon().symbols.names)


def test_it_starts_confirms_and_ends_nothing() -> None:
    """Issue of trust: a sum of weights is no consent (conversation.md, rules 1 and 2)."""
    assert not {Label.OAUTH, Label.REAUTH, Label.LOGOUT, Label.CONFIRM, Label.CHOOSE_OAUTH, Label.RETRY} & set(GUESSED)


@pytest.mark.parametrize("name", KNOWN)
def test_it_speaks_only_where_no_rule_does(name: str) -> None:
    for item in pool(name):
        found = classify(item["text"])
        if found.evidence.rule == "learned":
            assert found.label in GUESSED
            assert by_rules(read(item["text"]).scanned, lexicon()) is None


def test_a_pasted_document_is_not_guessed_about() -> None:
    clauses = read("how would one go about creating an OpenAI api key").scanned.clauses
    assert lexicon().guess(clauses)
    assert lexicon().guess(clauses * 9) is None


def test_without_a_model_nothing_is_guessed(tmp_path: Path) -> None:
    scan = read("how would one go about creating an OpenAI api key").scanned
    assert guessing(tmp_path, lexicon().symbols)(scan.clauses) is None
