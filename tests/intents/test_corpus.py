"""The development corpus as a regression, with the figures that the classifier has to keep."""

import json

import pytest

from intents import classify, read
from intents.evaluate import Report, evaluate

from .labelled import corpus


def report(name: str) -> Report:
    return evaluate(corpus(name))


@pytest.mark.parametrize("name", ["requests", "replies", "traffic"])
def test_nothing_starts_or_confirms_unasked(name: str) -> None:
    """intent-labels.md: a false start is worse than a question."""
    found = report(name)
    assert not found.false_starts
    assert not found.false_confirmations


@pytest.mark.parametrize(("name", "least"), [("requests", 0.99), ("replies", 0.99), ("traffic", 1.0)])
def test_the_share_that_is_right_stays(name: str, least: float) -> None:
    found = report(name)
    assert found.accuracy >= least, [(wrong.id, wrong.text, wrong.got) for wrong in found.wrong]


def test_plain_requests_to_sign_in_are_recognised() -> None:
    plain = [item for item in corpus("requests") if item["accept"] == ["oauth"]]
    assert evaluate(plain).accuracy >= 0.99


def test_every_seed_is_right() -> None:
    seeds = [item for name in ("requests", "replies") for item in corpus(name) if "seed" in item["tags"]]
    assert seeds
    assert not evaluate(seeds).wrong


def test_a_silent_text_is_none_under_every_question() -> None:
    for item in corpus("traffic"):
        if read(item["text"]).silent:
            for state in (None, "awaiting_confirm", "clarifying", "failed"):
                assert classify(item["text"], state).label == "none", item["text"]


def test_a_report_is_plain_values() -> None:
    whole = evaluate([*corpus("replies"), {"text": "hello", "accept": ["oauth"]}]).as_dict()
    assert json.loads(json.dumps(whole))["wrong"][-1]["got"] == "none"
    assert next(iter(whole)) == "false_starts"
