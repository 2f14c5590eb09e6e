"""The main job, driven by lines on standard input over real HTTP; the provider's own counts are the judge."""

import json
from typing import Any

import pytest

from skill.simulator import LocalProvider, Served

from .conftest import Chat, run

URL, CODE = "verification_url", "user_code"
DISPLAY = {
    "en": "Open this URL in your browser:\n  {url}\nAnd enter this code:\n  {code}",
    "zh": "在浏览器中打开此链接:\n  {url}\n并输入此验证码:\n  {code}",
}


def counts(provider: LocalProvider) -> dict[str, int]:
    return {record.endpoint: provider.count(record.endpoint) for record in provider.requests}


def connect(chat: Chat, provider: LocalProvider) -> Any:
    provider.approve(chat.say("Sign in with my ChatGPT account")[CODE])
    return chat.say("done")


@pytest.mark.parametrize(
    ("language", "request_", "done", "connected"),
    [
        (
            "en",
            "Sign in with my ChatGPT account",
            "done",
            "Connected as ana@example.test. You can switch with `/model openai-codex/gpt-5-codex`.",
        ),
        (
            "zh",
            "使用我的Codex订阅",
            "完成了",
            "已以ana@example.test身份连接。您可以通过`/model openai-codex/gpt-5-codex`切换模型。",
        ),
    ],
)
def test_a_person_connects(
    chat: Chat, provider: LocalProvider, served: Served, language: str, request_: str, done: str, connected: str
) -> None:
    """conversation.md, section 8: connected in English and in Chinese, the texts exact, one poll."""
    shown = chat.say(request_)
    assert shown["text"] == DISPLAY[language].format(url=served.page_url, code=shown[CODE])
    assert shown[URL] == served.page_url and shown["state"] == "awaiting_confirm" and shown["language"] == language
    provider.approve(shown[CODE])
    reply = chat.say(done)
    assert (reply["text"], reply["state"], reply["language"]) == (connected, "connected", language)
    assert reply["models"][0] == "openai-codex/gpt-5-codex"
    assert counts(provider) == {"start": 1, "poll": 1, "exchange": 1, "models": 1}


def test_pending_then_connected(chat: Chat, provider: LocalProvider) -> None:
    """One poll for each confirmation."""
    code = chat.say("Use my Codex subscription")[CODE]
    assert chat.say("done")["state"] == "awaiting_confirm"
    assert provider.count("poll") == 1
    provider.approve(code)
    assert chat.say("approved")["state"] == "connected"
    assert provider.count("poll") == 2


def test_declined_then_a_new_code(chat: Chat, provider: LocalProvider) -> None:
    """A declined code starts over in the same turn, and the new one connects."""
    first = chat.say("Use my Codex subscription")[CODE]
    provider.decline(first)
    reply = chat.say("I'm done")
    reason, _, display = reply["text"].partition("\n\n")
    assert "declined" in reason and display == DISPLAY["en"].format(url=reply[URL], code=reply[CODE])
    assert reply[CODE] != first
    provider.approve(reply[CODE])
    assert chat.say("done")["state"] == "connected"
    assert (provider.count("start"), provider.count("poll")) == (2, 2)


def test_words_that_confirm_nothing_ask_the_provider_nothing(chat: Chat, provider: LocalProvider) -> None:
    """conversation.md, rule 2; an approved code changes nothing about it."""
    provider.approve(chat.say("Use my Codex subscription")[CODE])
    for words in ("done?", "not yet", "are you done?", "还没", "don't check yet"):
        assert chat.say(words)["state"] == "awaiting_confirm"
    for words in ("what's the weather like?", "/model x"):
        assert chat.say(words) is None
    assert counts(provider) == {"start": 1}


@pytest.mark.parametrize(
    ("words", "handoff", "sensitive"),
    [
        ("Add OpenAI API key", "byok-custom-model", False),
        ("我有OpenAI密钥", "byok-custom-model", False),
        ("here is my OpenAI key sk-proj-aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1", "byok-custom-model", True),
        ("Connect my Claude Pro subscription", "custom_models", False),
    ],
)
def test_other_skills_take_over(chat: Chat, provider: LocalProvider, words: str, handoff: str, sensitive: bool) -> None:
    """Hand-offs name the skill; a pasted key is never said back."""
    reply = chat.say(words)
    assert (reply["handoff"], reply["sensitive"], reply["state"]) == (handoff, sensitive, "idle")
    assert "sk-proj" not in json.dumps(reply)
    assert provider.requests == []


@pytest.mark.parametrize(
    ("question", "answer", "state", "starts"),
    [
        ("Add the OpenAI model", "subscription", "awaiting_confirm", 1),
        ("添加OpenAI模型", "订阅", "awaiting_confirm", 1),
        ("Add the OpenAI model", "API key", "idle", 0),
        ("添加OpenAI模型", "密钥", "idle", 0),
        ("Add the OpenAI model", "what's the difference?", "clarifying", 0),
        ("Add the OpenAI model", "never mind", "idle", 0),
    ],
)
def test_an_ambiguous_request_is_asked_about(
    chat: Chat, provider: LocalProvider, question: str, answer: str, state: str, starts: int
) -> None:
    """OAuth or BYOK: nothing starts before the answer."""
    assert chat.say(question)["state"] == "clarifying"
    assert provider.requests == []
    assert chat.say(answer)["state"] == state
    assert provider.count("start") == provider.count() == starts


def test_already_connected_starts_nothing(chat: Chat, provider: LocalProvider) -> None:
    """conversation.md, rule 4."""
    connect(chat, provider)
    provider.reset_log()
    reply = chat.say("Sign in with my ChatGPT account")
    assert reply["state"] == "connected" and "already connected as ana@example.test" in reply["text"]
    assert provider.requests == []


def test_logout_ends_the_login_at_the_provider(chat: Chat, provider: LocalProvider) -> None:
    """Removed here, revoked there."""
    connect(chat, provider)
    reply = chat.say("Log out of ChatGPT")
    assert reply["state"] == "idle" and "OpenAI confirmed it" in reply["text"]
    assert provider.live_tokens().refresh == 0
    assert "No ChatGPT account" in chat.say("Is my ChatGPT connected?")["text"]


def test_a_restart_between_the_code_and_done(pointed: dict[str, str], provider: LocalProvider) -> None:
    """The same code goes on, and messages of the second run are not taken for those of the first."""
    with Chat(pointed) as before:
        provider.approve(before.say("Use my Codex subscription")[CODE])
    with Chat(pointed) as after:
        reply = after.say("done")
    assert (reply["state"], reply["repeated"]) == ("connected", False)
    assert (provider.count("start"), provider.count("poll")) == (1, 1)


def test_lines_and_answers_stay_in_step(pointed: dict[str, str], provider: LocalProvider) -> None:
    """Blank lines, bytes that are no text and wrong fields each get their one line."""
    lines = (
        b"\n\xff\xfe\xfa\n\xef\xbb\xbfUse my Codex subscription\r\n"
        + b'{"text": "done", "private": "maybe"}\n{"x": 1}\nend'
    )
    done = run(pointed, "chat", "--json", lines=lines)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer and next(iter(answer)) for answer in answers] == [None, None, "text", "error", None, None]
    assert "private" in answers[3]["error"] and (done.returncode, done.stderr) == (0, "")
    assert counts(provider) == {"start": 1}


def test_a_line_may_set_the_fields_of_its_message(chat: Chat, provider: LocalProvider) -> None:
    """The same id is the same message; one without an id confirms nothing; another person has another login."""
    asked = {"text": "Use my Codex subscription", "message_id": "m1"}
    assert chat.say(asked)[CODE] == chat.say(asked)[CODE]
    assert chat.say(asked)["repeated"] is True
    assert chat.say({"text": "done", "message_id": None})["state"] == "awaiting_confirm"
    assert chat.say({"text": "done", "user_id": "another"}) is None
    assert chat.say({"text": "done", "original": False}) is None
    assert chat.say({"text": "\ud800"}) is None
    assert "unknown" in chat.say({"text": "done", "unknown": 1})["error"]
    assert counts(provider) == {"start": 1}


def test_a_shared_room_gets_a_pointer_only(pointed: dict[str, str], provider: LocalProvider) -> None:
    """conversation.md, rule 5."""
    with Chat(pointed, "--shared", "--language", "zh-TW") as chat:
        reply = chat.say("Use my Codex subscription")
    assert "private chat" in reply["text"] and reply[CODE] is None
    assert provider.requests == []


def test_plain_output_is_the_text_and_its_notes(pointed: dict[str, str], served: Served) -> None:
    """For whoever pipes without --json."""
    done = run(pointed, "chat", "--user", "../x", lines="hello\nUse my Codex subscription\n")
    head, *notes = done.stdout.rstrip("\n").split("\n\n")
    assert head.startswith(f"Open this URL in your browser:\n  {served.page_url}\nAnd enter")
    assert len(notes) == 3 and (done.returncode, done.stderr) == (0, "")
