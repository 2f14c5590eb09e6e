"""What several clauses come to, beside the labelled sentences."""

import pytest

from intents import classify

FILLER = "The report covers the first quarter. Sales went up. "
REQUEST = "Sign in with my ChatGPT account. "


@pytest.mark.parametrize(
    ("before", "behind", "label"),
    [(0, 25, "oauth"), (3, 25, "oauth"), (25, 3, "oauth"), (25, 0, "oauth"), (20, 20, "none")],
)
def test_what_is_wanted_of_a_pasted_document_stands_before_or_behind_it(before: int, behind: int, label: str) -> None:
    """intent-labels.md, section 0: doubt never starts."""
    assert classify(FILLER * before + REQUEST + FILLER * behind).label == label


def test_a_short_message_may_say_it_anywhere() -> None:
    assert classify(FILLER * 2 + REQUEST + FILLER * 2).label == "oauth"


@pytest.mark.parametrize(
    ("before", "behind", "label"),
    [
        *((14, 15, "oauth"), (15, 15, "none")),
        *((5, 25, "oauth"), (6, 25, "none"), (7, 25, "none")),
        *((25, 5, "oauth"), (25, 6, "none")),
    ],
)
def test_from_31_clauses_on_the_first_six_and_the_last_six_are_listened_to(
    before: int, behind: int, label: str
) -> None:
    assert classify("Sales. " * before + REQUEST + "Sales. " * behind).label == label


def test_what_took_a_request_back_is_the_evidence() -> None:
    found = classify("Connect my ChatGPT Plus... no, never mind")
    assert (found.label, found.evidence.rule) == ("none", "taken-back")
    assert [span.text for span in found.evidence] == ["never mind"]


@pytest.mark.parametrize(("between", "label"), [(0, "oauth"), (4, "oauth"), (5, "none")])
def test_after_five_clauses_of_something_else_nobody_means_the_last_thing_any_more(between: int, label: str) -> None:
    assert classify("I have ChatGPT Plus. " + "It rains. " * between + "Connect it.").label == label
