"""Slack: what Bolt and the Events API ask of a bot, beside what holds everywhere."""

import asyncio
from datetime import datetime, timedelta

import pytest
from slack_bolt.async_app import AsyncBoltRequest

from skill import Onboarding, Settings
from skill.core.replies import catalogue
from skill.runtimes.slack import IN_LINE
from skill.testing import Stage

from .kit import SIGN_IN, Json, SlackChat, pause
from .test_every_runtime import broken_clock


def test_slack_is_acknowledged_before_a_slow_provider_answers(slack: SlackChat) -> None:
    """Slack waits 3 seconds, this provider takes 10."""
    clock = slack.stage.clock

    async def scene() -> tuple[int, float, int]:
        slack.stage.line.next("start", "held back")
        begun = clock.now()
        acknowledging = asyncio.ensure_future(slack.deliver(slack.event(SIGN_IN)))
        await slack.stage.line.stuck.wait()
        while not acknowledging.done():
            clock.advance(timedelta(seconds=0.5))
            await pause()
        took, shown = (clock.now() - begun).total_seconds(), len(slack.api.posts)
        clock.advance(timedelta(seconds=10 - took))
        await pause()
        slack.stage.line.release()
        await slack.settle()
        return acknowledging.result().status, took, shown

    status, took, shown = slack.stage.run(scene())
    assert (status, shown) == (200, 0)
    assert took <= 3
    assert slack.api.posts[0].text == slack.display()
    assert slack.canary == []


def test_what_turns_out_not_to_be_ours_after_the_acknowledgement_still_reaches_the_model(slack: SlackChat) -> None:
    """A "done" that waits for a code which never comes is not ours."""

    async def scene() -> list[int]:
        slack.stage.provider.fault("start", "503")
        slack.stage.line.next("start", "held back")
        first = asyncio.ensure_future(slack.deliver(slack.event(SIGN_IN)))
        await slack.stage.line.stuck.wait()
        slack.stage.line.stuck.clear()
        second = asyncio.ensure_future(slack.deliver(slack.event("done")))
        await slack.stage.line.stuck.wait()
        slack.stage.clock.advance(timedelta(seconds=IN_LINE))
        statuses = [(await first).status, (await second).status, len(slack.canary)]
        slack.stage.line.release()
        await slack.settle()
        return statuses

    assert slack.stage.run(scene()) == [200, 200, 0]
    assert len(slack.canary) == 1 and '"done"' in slack.canary[0]
    assert slack.stage.asked("poll") == 0


def test_a_hook_that_breaks_late_leaves_the_message_to_the_model(stage: Stage) -> None:
    """After the acknowledgement, in mid-call."""
    broken = asyncio.Event()

    def now() -> datetime:
        return broken_clock() if broken.is_set() else stage.clock.now()

    late = Onboarding(Settings(home=stage.folder, **stage.settings), client=stage.client, now=now)
    with SlackChat(stage, late) as slack:

        async def scene() -> list[int]:
            stage.line.next("start", "held back")
            acknowledging = asyncio.ensure_future(slack.deliver(slack.event(SIGN_IN)))
            await stage.line.stuck.wait()
            stage.clock.advance(timedelta(seconds=IN_LINE))
            seen = [(await acknowledging).status, len(slack.canary)]
            broken.set()
            stage.line.release()
            await slack.settle()
            return seen

        assert stage.run(scene()) == [200, 0]
        assert len(slack.canary) == 1
        assert slack.api.posts == []
    stage.run(late.close())


def test_closing_finishes_what_is_under_way(stage: Stage) -> None:
    with SlackChat(stage) as slack:

        async def scene() -> None:
            stage.line.next("start", "held back")
            acknowledging = asyncio.ensure_future(slack.deliver(slack.event(SIGN_IN)))
            await stage.line.stuck.wait()
            stage.clock.advance(timedelta(seconds=IN_LINE))
            await acknowledging
            closing = asyncio.ensure_future(slack.middleware.close())
            await pause()
            assert not closing.done()
            stage.line.release()
            await closing

        stage.run(scene())
        assert slack.api.posts[0].text == slack.display()


def test_a_redelivery_by_slack_is_answered_once(slack: SlackChat) -> None:
    event = slack.event(SIGN_IN)

    async def scene() -> list[int]:
        retried = {"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}
        responses = [await slack.deliver(event), await slack.deliver(event, **retried)]
        await slack.settle()
        return [response.status for response in responses]

    assert slack.stage.run(scene()) == [200, 200]
    assert [post.text for post in slack.api.posts].count(slack.display()) == 1
    assert slack.stage.asked("start") == 1


def test_a_forged_request_never_meets_the_hook(slack: SlackChat) -> None:
    slack.stage.forget_requests()
    response = slack.stage.run(slack.deliver(slack.event(SIGN_IN), secret="somebody else's"))
    assert response.status == 401
    assert (slack.stage.asked(), slack.stage.store_asked, slack.canary) == (0, 0, [])


def test_links_unfurl_nowhere(slack: SlackChat) -> None:
    slack.connect()
    assert len(slack.api.posts) > 2
    for post in slack.api.posts:
        assert (post.fields["unfurl_links"], post.fields["unfurl_media"]) == (False, False)


def test_the_answer_goes_into_the_thread_where_the_person_wrote(slack: SlackChat) -> None:
    event = slack.event(SIGN_IN)
    event["event"]["thread_ts"] = "1700000000.000001"
    slack.hear(event)
    slack.approve()
    done = slack.event("done")
    assert slack.hear(done) == []  # another conversation
    done = slack.event("done")
    done["event"]["thread_ts"] = "1700000000.000001"
    assert slack.hear(done)[0].startswith("Connected as")
    assert {post.fields["thread_ts"] for post in slack.api.posts} == {"1700000000.000001"}


def test_a_mention_that_comes_as_two_events_gets_one_answer_for_one_persons_eyes(slack: SlackChat) -> None:
    """Slack sends `app_mention` and `message` for one post."""
    as_message = slack.event(f"<@U0BOT> {SIGN_IN}", "in a room")
    mention = {name: value for name, value in as_message["event"].items() if name != "channel_type"}
    as_mention = as_message | {"event_id": "EvTwin", "event": mention | {"type": "app_mention"}}
    assert slack.hear(as_message, as_mention) == [catalogue("en").text("private")]
    (post,) = slack.api.posts
    assert (post.method, post.fields["user"], post.fields["channel"]) == ("chat.postEphemeral", "U7", "C1")
    assert slack.canary == []


@pytest.mark.parametrize("kind", ["channel", "group", "mpim", None])
def test_only_a_direct_message_is_private(slack: SlackChat, kind: str | None) -> None:
    event = slack.event(SIGN_IN)
    event["event"]["channel_type"] = kind
    assert slack.hear(event) == [catalogue("en").text("private")]
    assert slack.stage.asked() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"subtype": "message_deleted"},
        {"subtype": "channel_join"},
        {"subtype": "bot_message", "bot_id": "B0OTHER"},
        {"user": "USLACKBOT"},
        {"edited": {"user": "U7", "ts": "1.2"}},
    ],
)
def test_what_slack_itself_or_a_bot_says_is_no_request(slack: SlackChat, change: Json) -> None:
    event = slack.event(SIGN_IN)
    event["event"] |= change
    assert slack.hear(event) == []
    assert slack.stage.asked() == 0
    assert len(slack.canary) == 1


def test_our_own_messages_never_come_back(slack: SlackChat) -> None:
    event = slack.event(SIGN_IN)
    event["event"] |= {"user": "U0BOT", "bot_id": "B0BOT"}
    assert slack.hear(event) == []
    assert slack.canary == []


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("done :white_check_mark:", {}),
        (":+1::skin-tone-3:", {}),
        ("done", {"subtype": "file_share"}),  # with a screenshot
        ("<@U0BOT> done", {}),
    ],
)
def test_a_confirmation_as_people_write_it_in_slack(slack: SlackChat, text: str, change: Json) -> None:
    slack.say(SIGN_IN)
    slack.approve()
    event = slack.event(text)
    event["event"] |= change
    assert slack.hear(event)[0].startswith("Connected as")


def test_a_done_that_arrives_after_a_quarter_of_an_hour_does_not_poll(slack: SlackChat) -> None:
    """Slack tries again for hours; `ts` tells when it was said (conversation.md, rule 2)."""
    slack.say(SIGN_IN)
    slack.approve()
    done = slack.event("done")
    slack.stage.clock.advance(timedelta(minutes=11))
    slack.hear(done)
    assert slack.stage.asked("poll") == 0


def test_a_pasted_callback_in_slacks_markup_is_kept_from_the_model(slack: SlackChat) -> None:
    slack.say(SIGN_IN)
    key = "sk-proj-0123456789abcdef0123456789abcdef"
    slack.say(f"use my OpenAI key <https://example.test/?a=1&amp;key={key}|{key}>")
    assert slack.canary == []


def test_an_account_cannot_address_a_whole_channel(slack: SlackChat) -> None:
    """What the provider says of an account is text, not markup."""
    email = "<!channel>&co@example.test"
    slack.stage.provider.add_account(email)
    slack.say(SIGN_IN)
    slack.stage.provider.approve(slack.stage.code, email)
    slack.stage.clock.advance(timedelta(seconds=40))
    assert "Connected as &lt;!channel&gt;&amp;co@example.test." in slack.say("done")[0]


ORGANISATION: Json = {"enterprise_id": "E1"}
GUEST: Json = {"is_ext_shared_channel": True, "event": {"user_team": "T9", "team": "T9"}}
NOBODY_KNOWS: Json = {"is_ext_shared_channel": True}


@pytest.mark.parametrize(("about", "account"), [({}, "T1"), (ORGANISATION, "E1"), (GUEST, "T9")])
def test_a_login_belongs_to_the_person_within_their_own_team(slack: SlackChat, about: Json, account: str) -> None:
    event = slack.event(SIGN_IN)
    event |= {**about, "event": event["event"] | about.get("event", {})}
    slack.hear(event)
    slack.account = account
    assert slack.tool("status")["state"] == "awaiting_confirm"


def test_a_guest_whom_slack_cannot_place_starts_nothing(slack: SlackChat) -> None:
    assert slack.hear(slack.event(SIGN_IN) | NOBODY_KNOWS) == [catalogue("en").text("no_identity")]


def test_an_event_that_makes_no_sense_does_not_break_the_bot(slack: SlackChat) -> None:
    event = slack.event(SIGN_IN)
    event["event"] |= {"ts": "soon", "channel": None}
    assert slack.hear(event) == []
    assert len(slack.canary) == 1


def test_events_that_are_no_messages_are_none_of_our_business(slack: SlackChat) -> None:
    heard: list[Json] = []

    @slack.app.event("reaction_added")
    async def reaction(event: Json) -> None:
        heard.append(event)

    event = slack.event(SIGN_IN)
    event["event"] |= {"type": "reaction_added", "reaction": "eyes"}
    assert slack.hear(event) == []
    assert len(heard) == 1


def test_socket_mode_is_served_alike(slack: SlackChat) -> None:
    async def scene(event: Json) -> int:
        response = await slack.app.async_dispatch(AsyncBoltRequest(body=event, mode="socket_mode"))
        await slack.settle()
        return response.status

    assert slack.stage.run(scene(slack.event(SIGN_IN))) == 200
    assert slack.api.posts[0].text == slack.display()
    assert slack.stage.run(scene(slack.event("hello"))) == 200
    assert len(slack.canary) == 1
