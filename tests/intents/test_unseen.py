"""Sentences by other hands: the share that is right, and nothing started or confirmed unasked."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from intents.evaluate import evaluate

FOLDER = Path(__file__).parent
REACHED = {
    "en": {
        "unseen_requests": 0.96,
        "unseen_awaiting": 0.96,
        "unseen_clarifying": 0.95,
        "unseen_failed": 0.98,
        "kinds_requests": 0.97,
        "kinds_awaiting": 0.97,
        "kinds_clarifying": 0.97,
        "kinds_failed": 0.97,
    },
    "zh": {
        "unseen_requests": 0.97,
        "unseen_awaiting": 0.97,
        "unseen_clarifying": 0.98,
        "unseen_failed": 0.98,
        "unseen_requests_more": 0.95,
        "unseen_awaiting_more": 0.97,
        "unseen_clarifying_more": 0.97,
        "unseen_failed_more": 0.98,
        "unseen_third": 0.97,
        "unseen_third_kin": 0.98,
        "unseen_fourth": 0.98,
        "unseen_fifth": 0.98,
        "unseen_sixth": 0.97,
        "unseen_seventh": 0.97,
        "unseen_eighth": 0.95,
        "unseen_ninth": 0.96,
        "unseen_tenth": 0.98,
        "unseen_eleventh": 0.96,
        "unseen_twelfth": 0.9,
        "unseen_fourteenth": 0.98,
        "unseen_fourteenth_kin": 0.89,
    },
}
FILES = [(language, name) for language, names in REACHED.items() for name in names]


def items(language: str, name: str) -> list[dict[str, Any]]:
    found = yaml.safe_load((FOLDER / language / f"{name}.yaml").read_text("utf-8"))
    return [{"state": found.get("state"), **item} for item in found["items"]]


@pytest.mark.parametrize(("language", "name"), FILES)
def test_unseen_sentences_stay_as_right_as_they_were(language: str, name: str) -> None:
    found = evaluate(items(language, name))
    assert not found.false_starts
    assert not found.false_confirmations
    assert found.accuracy >= REACHED[language][name], [(wrong.text, wrong.got) for wrong in found.wrong]
