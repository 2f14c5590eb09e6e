"""Every labelled sentence of every language against all labels: does one steal another's sentences?"""

import pytest

from intents import Label, classify
from intents.evaluate import STARTS, evaluate

from .labelled import LANGUAGES, sentences


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_but_a_request_to_sign_in_starts(language: str) -> None:
    """intent-labels.md: doubt never starts."""
    wrong = [
        (item["text"], str(found.label))
        for item in sentences(language)
        if (found := classify(item["text"], item["state"])).label in STARTS and found.label not in item["accept"]
    ]
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_but_a_report_that_it_is_done_confirms(language: str) -> None:
    """conversation.md, rule 2: only the person's own statement is a confirmation."""
    wrong = [
        item["text"]
        for item in sentences(language)
        if item["state"] == "awaiting_confirm"
        and classify(item["text"], "awaiting_confirm").label is Label.CONFIRM
        and "confirm" not in item["accept"]
    ]
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_keep_their_labels(language: str) -> None:
    found = evaluate(sentences(language))
    assert found.accuracy >= 0.95, [(wrong.text, wrong.accept, wrong.got) for wrong in found.wrong][:40]


@pytest.mark.parametrize("language", LANGUAGES)
def test_accepted_labels_exist_and_fit_the_question(language: str) -> None:
    """A typo in a test file must not pass as a label nobody reaches."""
    replies = {
        "awaiting_confirm": {"confirm", "not_yet", "cancel", "resend", "help", "byok", "none"},
        "clarifying": {"choose_oauth", "choose_byok", "cancel", "help", "none"},
        "failed": {"retry", "cancel", "help", "none"},
    }
    requests = {str(label) for label in Label} - {"confirm", "not_yet", "cancel", "resend", "help", "retry"}
    requests -= {"choose_oauth", "choose_byok"}
    for item in sentences(language):
        assert set(item["accept"]) <= replies.get(item["state"], requests), item
