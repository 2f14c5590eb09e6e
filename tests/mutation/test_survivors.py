"""The list of what survives can't go stale: each change in it can still be made, and is argued once."""

from .survivors import DOCUMENT, argued, stale


def test_every_survivor_that_is_argued_can_still_be_made() -> None:
    assert stale() == []


def test_no_survivor_is_argued_twice_or_lost_in_reading() -> None:
    fenced = [part.partition("```")[0] for part in DOCUMENT.read_text("utf-8").split("```text\n")[1:]]
    assert sorted(argued()) == sorted(line for part in fenced for line in part.splitlines())
