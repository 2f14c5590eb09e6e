"""Which message is a confirmation (conversation.md, rules 2, 5 and 7); everything else polls nothing."""

from datetime import timedelta
from typing import Any

import pytest

from skill.testing import Stage

SECOND = timedelta(seconds=1)


@pytest.fixture
def asked(stage: Stage) -> Stage:
    """The code is on Ana's screen since twenty seconds."""
    stage.clock.advance(timedelta(microseconds=600_000))  # platforms cut to whole seconds, clocks don't
    stage.say("Ana", "Sign in with my ChatGPT account")
    stage.clock.advance(20 * SECOND)
    return stage


@pytest.mark.parametrize(
    ("sent", "polls"),
    [
        (timedelta(0), 1),
        (-15 * SECOND, 1),
        (-20 * SECOND, 1),  # the very moment the code was shown
        (-20.1 * SECOND, 0),  # to the microsecond, where the platform tells it
        (-21 * SECOND, 0),
        (-3600 * SECOND, 0),
        (3600 * SECOND, 1),  # a clock of theirs that is ahead
    ],
)
def test_a_confirmation_was_sent_after_the_code_was_shown(asked: Stage, sent: timedelta, polls: int) -> None:
    asked.say("Ana", "done", sent_at=asked.clock.now() + sent)
    assert asked.asked("poll") == polls


def test_a_platform_that_cuts_to_whole_seconds_is_not_punished(stage: Stage) -> None:
    stage.clock.advance(timedelta(microseconds=600_000))
    stage.say("Ana", "Sign in with my ChatGPT account")
    stage.clock.advance(timedelta(microseconds=300_000))
    stage.say("Ana", "done", sent_at=stage.clock.now().replace(microsecond=0))
    assert stage.asked("poll") == 1


@pytest.mark.parametrize(("late", "polls"), [(timedelta(minutes=10), 1), (timedelta(minutes=10, seconds=1), 0)])
def test_a_confirmation_is_not_older_than_ten_minutes(asked: Stage, late: timedelta, polls: int) -> None:
    sent_at = asked.clock.now()
    asked.clock.advance(late)
    asked.say("Ana", "done", sent_at=sent_at)
    assert asked.asked("poll") == polls


def test_a_confirmation_sent_before_the_last_poll_was_settled_is_spent(asked: Stage) -> None:
    sent_at = asked.clock.now()
    asked.clock.advance(5 * SECOND)
    asked.say("Ana", "done")
    asked.clock.advance(5 * SECOND)
    reply = asked.say("Ana", "approved", sent_at=sent_at)
    assert asked.asked("poll") == 1
    assert reply and reply.state == "awaiting_confirm"


@pytest.mark.parametrize(
    ("after", "text", "polls"),
    [
        (119, "yes", 1),
        (121, "yes", 0),
        (121, "是的", 0),
        (121, "done", 1),
        (800, "完成了", 1),
        (3600, "done", 1),  # `confirm` polls whatever our clock says
    ],
)
def test_words_that_dont_name_the_step_count_for_two_minutes(stage: Stage, after: int, text: str, polls: int) -> None:
    """Rule 7."""
    stage.say("Ana", "Sign in with my ChatGPT account")
    stage.clock.advance(after * SECOND)
    stage.say("Ana", text)
    assert stage.asked("poll") == polls


@pytest.mark.parametrize(
    ("who", "changes"),
    [
        ("Wei", {"conversation_id": "chat with Ana"}),
        ("Ana", {"conversation_id": "another chat"}),
        ("Ana", {"platform": "elsewhere"}),
        ("Ana", {"account": "another bot"}),
        ("Ana", {"message_id": None}),
        ("Ana", {"message_id": ""}),
        ("Ana", {"user_id": None}),
        ("Ana", {"user_id": ""}),
        ("Ana", {"private": False}),
        ("Ana", {"original": False}),
        ("Ana", {"text": "/done"}),
        ("Ana", {"text": "> done"}),
        ("Ana", {"text": "`done`"}),
        ("Ana", {"text": "done?"}),
        ("Ana", {"text": "I'm not done"}),
        ("Ana", {"text": "done " + "and then some more " * 4000}),
    ],
    ids=repr,
)
def test_what_is_no_confirmation_polls_nothing(asked: Stage, who: str, changes: dict[str, Any]) -> None:
    """trust.md, section 3: somebody else's, forged, quoted, or in doubt."""
    changes = {"text": "done"} | changes
    text = changes.pop("text")
    asked.say(who, text, **changes)
    assert asked.asked("poll") == 0


def test_each_confirmation_is_spent_by_one_poll(asked: Stage) -> None:
    message = asked.message("Ana", "done")
    asked.deliver(message, times=11)
    asked.stop()
    asked.deliver(message, times=3)
    assert asked.asked("poll") == 1


def test_a_message_without_an_id_is_told_that_it_cannot_confirm(asked: Stage) -> None:
    reply = asked.say("Ana", "done", message_id=None)
    assert reply and reply.state == "awaiting_confirm"
    assert asked.asked("poll") == 0


def test_pending_after_the_code_ran_out_counts_as_expired(asked: Stage) -> None:
    """Rule 2; the provider's own clock is behind."""
    asked.provider.advance(-3600)
    asked.clock.advance(timedelta(minutes=16))
    reply = asked.say("Ana", "done")
    assert (asked.asked("poll"), asked.asked("start")) == (1, 2)
    assert reply and reply.user_code == asked.code


def test_an_hour_after_the_code_ran_out_the_flow_is_over_silently(asked: Stage) -> None:
    """Section 1."""
    asked.clock.advance(timedelta(minutes=75))
    assert asked.say("Ana", "done") is None
    assert asked.asked("poll") == 0
