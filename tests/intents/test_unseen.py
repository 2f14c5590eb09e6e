"""Sentences by other hands: the share that is right, and nothing started or confirmed unasked."""

import pytest

from intents.evaluate import evaluate

from .labelled import file

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
        "unseen_second_requests": 0.95,
        "unseen_second_awaiting": 0.96,
        "unseen_second_clarifying": 0.95,
        "unseen_second_failed": 0.98,
        "kinds_more_requests": 0.95,
        "kinds_more_awaiting": 0.97,
        "kinds_more_clarifying": 0.97,
        "kinds_more_failed": 0.98,
        "unseen_third_requests": 0.97,
        "unseen_third_awaiting": 0.98,
        "unseen_third_clarifying": 0.95,
        "unseen_third_failed": 0.98,
        "kinds_third_requests": 0.96,
        "kinds_third_awaiting": 0.97,
        "kinds_third_clarifying": 0.98,
        "kinds_third_failed": 0.98,
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
        "unseen_fifteenth": 0.98,
        "unseen_fifteenth_kin": 0.98,
        "unseen_sixteenth": 0.98,
    },
}
FILES = [(language, name) for language, names in REACHED.items() for name in names]


@pytest.mark.parametrize(("language", "name"), FILES)
def test_unseen_sentences_stay_as_right_as_they_were(language: str, name: str) -> None:
    found = evaluate(file(language, name))
    assert not found.false_starts
    assert not found.false_confirmations
    assert found.accuracy >= REACHED[language][name], [(wrong.text, wrong.got) for wrong in found.wrong]
