"""English sentences by other hands: the share that is right, and nothing started or confirmed unasked."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from intents.evaluate import evaluate

FOLDER = Path(__file__).parent / "en"
REACHED = {
    "unseen_requests": 0.96,
    "unseen_awaiting": 0.96,
    "unseen_clarifying": 0.95,
    "unseen_failed": 0.98,
    "kinds_requests": 0.97,
    "kinds_awaiting": 0.97,
    "kinds_clarifying": 0.97,
    "kinds_failed": 0.97,
}


def items(name: str) -> list[dict[str, Any]]:
    found = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    return [{**item, "state": found["state"]} for item in found["items"]]


@pytest.mark.parametrize("name", REACHED)
def test_unseen_sentences_stay_as_right_as_they_were(name: str) -> None:
    found = evaluate(items(name))
    assert not found.false_starts
    assert not found.false_confirmations
    assert found.accuracy >= REACHED[name], [(wrong.text, wrong.got) for wrong in found.wrong]
