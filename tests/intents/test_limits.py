"""Texts of any size and kind: bounded, linear, never an exception, always the same answer."""

import sys
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.classify import ADVERSARIAL
from intents import Label, classify, read
from intents.text import LIMIT, bounded

STATES = (None, "awaiting_confirm", "clarifying", "failed")
REPLIES = {"confirm", "not_yet", "cancel", "resend", "help", "choose_oauth", "choose_byok", "retry"}
FRAGMENTS = [
    "sign in",
    " with ",
    "my ",
    "ChatGPT",
    " Plus",
    "don't ",
    "not ",
    "?",
    ", ",
    "\n",
    '"',
    "done",
    "我的",
    "登录",
    "不要",
    "吗",
    "sk-EXAMPLE0000key",
    "```",
    "\ud800",
    "\x00",
    "\x12",
    "\u200d",
    "ﬁ",
    "\ufdfa",
    "İ",
    "👩‍💻",
    "  ",
]


@settings(deadline=None)  # the first example reads the lexicon
@given(st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)), st.sampled_from(STATES))
@example("use \u00bd my chatgpt", None)
@example("\x0f\u00bc \x10", None)  # characters that stand for something within the engine
@example("\ud800 sign in with my ChatGPT account", None)
@example("", "awaiting_confirm")
def test_any_text_gets_the_same_fitting_label_twice(text: str, state: str | None) -> None:
    found = classify(text, state)
    assert found == classify(text, state) == read(text).classify(state)
    assert (found.label in REPLIES) <= (state is not None)
    for span in found.evidence:
        assert 0 <= span.start < span.end <= len(text)


@pytest.mark.parametrize(
    "text", ["sign in with my ChatGPT account ", "done. ", "log me out of ChatGPT. ", "subscription "]
)
@pytest.mark.parametrize("state", STATES)
def test_a_text_cut_for_length_starts_confirms_and_ends_nothing(text: str, state: str | None) -> None:
    """conversation.md, rule 7."""
    found = classify(text * 8000, state)
    assert found.truncated
    assert found.label not in (Label.OAUTH, Label.CONFIRM, Label.CHOOSE_OAUTH, Label.LOGOUT)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("a" * LIMIT, False),
        ("a" * (LIMIT + 1), True),
        ("好" * (LIMIT // 3), False),
        ("好" * (LIMIT // 3 + 1), True),
        ("\ud800" * LIMIT, True),
    ],
)
def test_at_most_32_kib_are_considered(text: str, cut: bool) -> None:
    """trust.md, section 3."""
    head, truncated = bounded(text)
    assert truncated is cut
    assert len(head.encode("utf-8", "surrogatepass")) <= LIMIT


def operations(work: Callable[[], object]) -> int:
    """Calls made, of Python and of C, and steps of generators: a measure that no busy machine changes."""
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("unit", ADVERSARIAL.values(), ids=ADVERSARIAL.keys())
def test_twice_the_text_is_at_most_two_and_a_half_times_the_work(unit: str) -> None:
    """trust.md, section 3: ReDoS, huge messages."""
    half = unit * (8 * 1024 // len(unit.encode()))

    def ask(text: str) -> None:
        reading = read(text)
        for state in STATES:
            reading.classify(state)

    ask("warm up my chatgpt, done")
    once, twice = operations(lambda: ask(half)), operations(lambda: ask(half * 2))
    assert twice <= 2.5 * once + 200
