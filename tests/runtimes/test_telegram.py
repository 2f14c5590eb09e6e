"""Telegram: what aiogram and the Bot API ask of a bot, beside what holds everywhere."""

import pytest

from skill.core.replies import catalogue

from .kit import SIGN_IN, Json, TelegramChat

BOT: Json = {"id": 99, "is_bot": True, "first_name": "Other"}
ORIGIN: Json = {"type": "user", "date": 1, "sender_user": {"id": 9, "is_bot": False, "first_name": "Bob"}}


def test_plain_text_without_previews_whatever_the_bot_does_otherwise(telegram: TelegramChat) -> None:
    """This bot formats by default, and an e-mail address may look like markup."""
    email = "<b>ana@example.test"
    telegram.stage.provider.add_account(email)
    telegram.say(SIGN_IN)
    telegram.stage.provider.approve(telegram.stage.code, email)
    assert telegram.say("done")[0].startswith(f"Connected as {email}.")
    for post in telegram.api.posts:
        assert post.fields["link_preview_options"] == {"is_disabled": True}
        assert "parse_mode" not in post.fields


@pytest.mark.parametrize("text", [SIGN_IN, "使用我的ChatGPT账户登录"])
def test_a_tap_copies_the_code_and_nothing_else(telegram: TelegramChat, text: str) -> None:
    telegram.say(text)
    shown, *notes = telegram.api.posts
    (entity,) = shown.fields["entities"]
    units = shown.text.encode("utf-16-le")[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])]
    assert (entity["type"], units.decode("utf-16-le")) == ("code", telegram.stage.code)
    assert [note for note in notes if "entities" in note.fields] == []


@pytest.mark.parametrize(
    "change",
    [
        {"forward_origin": ORIGIN},
        {"via_bot": BOT},
        {"sender_business_bot": BOT},
        {"is_from_offline": True},
        {"edit_date": 1},
    ],
)
def test_words_of_others_are_no_request(telegram: TelegramChat, change: Json) -> None:
    event = telegram.event(SIGN_IN)
    event["message"] |= change
    assert telegram.hear(event) == []
    assert telegram.stage.asked() == 0
    assert len(telegram.canary) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"chat": {"id": -1, "type": "group", "title": "Room"}},
        {"chat": {"id": -2, "type": "supergroup", "title": "Room"}},
        {"chat": {"id": -3, "type": "channel", "title": "Room"}},
        {"business_connection_id": "of a shop that this bot answers for"},
    ],
)
def test_only_a_chat_with_the_bot_alone_is_private(telegram: TelegramChat, change: Json) -> None:
    event = telegram.event(SIGN_IN)
    event["message"] |= change
    assert telegram.hear(event) == [catalogue("en").text("private")]
    assert telegram.stage.asked() == 0


def test_a_mention_in_a_group_is_heard_by_whom_it_names(telegram: TelegramChat) -> None:
    assert telegram.say(f"@codex_test_bot, {SIGN_IN}", "in a room") == [catalogue("en").text("private")]
    assert telegram.say(f"@other_bot {SIGN_IN}", "in a room") == []
    assert len(telegram.canary) == 1


def test_the_clients_language_decides_where_the_words_have_none(telegram: TelegramChat) -> None:
    for who, (code, language) in enumerate({"zh-hans": "zh", "es": "es", "de": "en"}.items()):
        event = telegram.event("ChatGPT", who=who)
        event["message"]["from"]["language_code"] = code
        assert telegram.hear(event) == [catalogue(language).text("ask")]


def test_a_topic_is_a_conversation_of_its_own(telegram: TelegramChat) -> None:
    topic: Json = {"message_thread_id": 5, "is_topic_message": True}
    event = telegram.event(SIGN_IN)
    event["message"] |= topic
    telegram.hear(event)
    telegram.approve()
    assert telegram.say("done") == []
    done = telegram.event("done")
    done["message"] |= topic
    assert telegram.hear(done)[0].startswith("Connected as")
    assert {post.fields["message_thread_id"] for post in telegram.api.posts} == {"5"}


def test_done_beneath_a_screenshot_counts(telegram: TelegramChat) -> None:
    telegram.say(SIGN_IN)
    telegram.approve()
    event = telegram.event("done")
    photo = {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}
    event["message"] |= {"caption": event["message"].pop("text"), "photo": [photo]}
    assert telegram.hear(event)[0].startswith("Connected as")


def test_a_sticker_passes_through(telegram: TelegramChat) -> None:
    event = telegram.event("")
    event["message"].pop("text")
    event["message"] |= {"dice": {"emoji": "🎲", "value": 1}}
    assert telegram.hear(event) == []
    assert len(telegram.canary) == 1
