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
