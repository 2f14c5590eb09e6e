"""A message that comes again has no second effect, whoever hears it (conversation.md, section 3), on every engine."""

import asyncio
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from skill.message import Message, Reply
from skill.testing import Stage

from ..databases import Database

SIGN_IN, DONE, LOG_OUT = "Sign in with my ChatGPT account", "done", "Log me out of ChatGPT"
FLOW = ((SIGN_IN, "start"), (DONE, "poll"), (LOG_OUT, "revoke"))
TIMES = (1, 2, 5, 11)


@pytest.fixture
def stage(tmp_path: Path, database: Database) -> Iterator[Stage]:
    """Two workers on one database."""
    with Stage(tmp_path / "home") as stage:
        stage.settings["database_url"] = database.address
        stage.workers = 2
        yield stage
        stage.run(stage.skill.store.close())
        assert stage.leaks() == []


def said(reply: Reply | None) -> Reply | None:
    """A reply, whether it is the first or comes again."""
    return reply and reply.model_copy(update={"repeated": False})


def approve(stage: Stage) -> None:
    stage.provider.approve(stage.code)
    stage.clock.advance(timedelta(seconds=5))


@pytest.mark.parametrize("times", TIMES)
def test_however_often_a_message_arrives_at_once_it_has_one_effect_and_one_reply(stage: Stage, times: int) -> None:
    for text, endpoint in FLOW:
        stage.deliver(stage.message("Ana", text), times)
        stage.wait()
        assert stage.asked(endpoint) == 1
        assert len({repr(said(reply)) + (reply.text if reply else "") for reply in stage.replies}) == 1
        assert [reply.repeated for reply in stage.replies if reply].count(False) == 1
        assert len(stage.replies) == times
        if endpoint == "start":
            approve(stage)


@pytest.mark.parametrize("times", TIMES)
def test_a_message_that_comes_again_after_a_restart_gets_the_stored_reply(stage: Stage, times: int) -> None:
    for text, endpoint in FLOW:
        message = stage.message("Ana", text)
        stage.deliver(message)
        [first] = stage.replies
        stage.stop()
        stage.deliver(message, times)
        assert stage.asked(endpoint) == 1
        assert first
        assert stage.replies == [first.model_copy(update={"repeated": True})] * times
        if endpoint == "start":
            approve(stage)


@pytest.mark.parametrize("seed", range(3))
def test_messages_that_come_again_in_any_order_change_nothing_more(stage: Stage, seed: int) -> None:
    """Late deliveries of all that was said, mixed; a code that is dead by then is not shown again."""
    order, heard = random.Random(seed), list[Message]()
    for text, endpoint in FLOW:
        heard.append(stage.message("Ana", text))
        stage.deliver(heard[-1])
        for message in order.sample(heard, len(heard)):
            stage.deliver(message)
            assert stage.reply and stage.reply.repeated
            assert endpoint == "start" or not stage.reply.user_code
        if endpoint == "start":
            approve(stage)
    assert [stage.asked(endpoint) for _, endpoint in FLOW] == [1, 1, 1]


def test_a_receipt_serves_for_a_day_and_is_then_swept(stage: Stage, database: Database) -> None:
    stage.say("Ana", SIGN_IN)
    message = stage.messages[-1]
    stage.clock.advance(timedelta(hours=23, minutes=59))
    stage.run(stage.skill.tidy())
    stage.deliver(message)
    assert stage.reply and stage.reply.repeated
    stage.clock.advance(timedelta(minutes=2))
    stage.run(stage.skill.tidy())
    assert database.rows("receipts") == []


# One flow per person, two workers.


def at_once(stage: Stage, *texts: str) -> list[Reply | None]:
    """Different messages that reach the workers at the same instant; the replies in the order of the texts."""

    async def handle() -> list[Reply | None]:
        workers = stage._running()
        turns = (workers[n % 2].handle(stage.message("Ana", text, message_id=f"x{n}")) for n, text in enumerate(texts))
        return list(await asyncio.gather(*turns))

    replies = stage.run(handle())
    stage.transcript += filter(None, replies)
    return replies


def test_two_confirmations_at_once_are_one_poll(stage: Stage) -> None:
    stage.say("Ana", SIGN_IN)
    approve(stage)
    replies = at_once(stage, DONE, "approved")
    assert (stage.asked("poll"), stage.asked("exchange")) == (1, 1)
    assert "connected" in [reply.state for reply in replies if reply]
    assert stage.record("Ana").credential


def test_two_requests_at_once_show_one_code(stage: Stage) -> None:
    """One live code per user."""
    replies = at_once(stage, SIGN_IN, SIGN_IN)
    assert stage.asked("start") == 1
    assert {reply.user_code for reply in replies if reply and reply.user_code} == {stage.code}


@pytest.mark.parametrize("words", ["cancel", LOG_OUT])
def test_what_takes_effect_at_once_wins_over_a_poll_in_flight(stage: Stage, words: str) -> None:
    """conversation.md, section 3: what the call in flight brings back is discarded and revoked."""
    stage.say("Ana", SIGN_IN)
    approve(stage)
    stage.line.next("exchange", "held back")
    stage.deliver(stage.message("Ana", DONE))
    stage.say("Ana", words)
    stage.line.release()
    stage.wait()
    assert stage.record("Ana").credential is None
    assert stage.record("Ana").session.flow is None
    assert stage.provider.live_tokens().refresh == 0
    assert stage.asked("poll") == 1


def test_a_tool_call_a_cancel_and_a_confirmation_at_once_leave_one_outcome(stage: Stage) -> None:
    """Eight times in turn: connected and used, or cancelled and revoked; never both, never two polls."""
    for number in range(8):
        stage.provider.reset_log()
        stage.say("Ana", SIGN_IN, message_id=f"s{number}")
        approve(stage)
        flow = stage.record("Ana").session.flow
        assert flow and flow.code
        pending_id = flow.code.pending_id

        async def all_three(number: int = number, pending_id: str = pending_id) -> None:
            one, two = stage._running()
            done = one.handle(stage.message("Ana", DONE, message_id=f"d{number}"))
            cancel = two.handle(stage.message("Ana", "cancel", message_id=f"c{number}"))
            poll = two.openai_oauth("poll", pending_id, user_id="ana", conversation_id="chat with Ana")
            turns = [done, cancel, poll]
            random.Random(number).shuffle(turns)
            await asyncio.gather(*turns)

        stage.run(all_three())
        record = stage.record("Ana")
        assert stage.asked("poll") <= 1
        assert record.session.flow is None or record.session.flow.state == "awaiting_confirm"
        assert stage.provider.live_tokens().refresh == (1 if record.credential else 0)
        stage.say("Ana", LOG_OUT if record.credential else "cancel", message_id=f"l{number}")
        stage.clock.advance(timedelta(hours=2))
