"""The hook as a runtime meets it: whatever comes in, something plain comes out."""

import logging
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from skill import Message, Onboarding, Settings
from skill.core.states import State
from skill.testing import Stage

SIGN_IN = "Sign in with my ChatGPT account"
pieces = st.sampled_from(
    [SIGN_IN, "使用我的Codex订阅", "done", "完成了", "sk-proj-0123456789abcdef0123456789abcdef", "cancel", "\n> ", "`"]
)


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(pieces, st.text(max_size=12)), max_size=4).map(" ".join), st.text(max_size=6))
def test_no_text_and_no_id_breaks_the_hook(text: str, odd_id: str) -> None:
    """Any bytes that are text, odd ids."""
    logging.getLogger("aiosqlite").setLevel(logging.INFO)
    with tempfile.TemporaryDirectory() as folder, Stage(Path(folder) / "home") as stage:
        changes: dict[str, Any] = {"user_id": odd_id, "conversation_id": odd_id, "platform": odd_id}
        for said in (text, SIGN_IN, text):
            reply = stage.say("Ana", said, **changes)
            assert reply is None or reply.state in set(State) - {State.STARTED, State.POLLING}
        assert stage.asked("start") <= 3 and stage.asked("poll") <= 1
        assert stage.leaks() == []


@pytest.mark.parametrize(
    "text", ["What's the weather like?", "", "  ", "今天天气怎么样？", "```\nimport x\n```", "x" * 100_000]
)
def test_ordinary_talk_costs_nothing(stage: Stage, text: str) -> None:
    """Section 3: no store, no network, no lock."""
    assert stage.say("Ana", text) is None
    assert not stage.folder.exists()
    assert stage.asked() == 0


@pytest.mark.parametrize("text", ["/model openai-codex/gpt-5", "/sign in with my ChatGPT account", "  /x"])
def test_what_begins_with_a_slash_is_the_hosts(stage: Stage, text: str) -> None:
    assert stage.say("Ana", text) is None


@pytest.mark.parametrize(
    "text", [SIGN_IN, "Log out of ChatGPT", "Is my ChatGPT account connected?", "Add the OpenAI model"]
)
def test_a_shared_room_gets_one_pointer_and_nothing_else(ana_shared: Stage, text: str) -> None:
    """Rule 5: no code, no e-mail, no store or provider call."""
    reply = ana_shared.say("Ana", text, conversation_id="room", private=False)
    assert reply is not None
    assert "private" in reply.text
    assert (reply.user_code, reply.notes, reply.models) == (None, [], [])
    assert (ana_shared.asked(), ana_shared.store_asked) == (0, 0)


@pytest.fixture
def ana_shared(stage: Stage) -> Stage:
    """Ana is connected in private; the room knows nothing of it."""
    stage.say("Ana", SIGN_IN)
    stage.provider.approve(stage.code)
    stage.say("Ana", "done")
    stage.forget_requests()
    return stage


def test_reply_labels_pass_through_in_a_shared_room(ana_shared: Stage) -> None:
    for text in ("done", "cancel", "subscription", "try again"):
        assert ana_shared.say("Ana", text, conversation_id="room", private=False) is None
    assert ana_shared.store_asked == 0


def test_a_message_without_a_user_starts_nothing(stage: Stage) -> None:
    """Rule 7."""
    reply = stage.say("Ana", SIGN_IN, user_id=None)
    assert reply and reply.text and reply.user_code is None
    assert stage.asked() == 0


@pytest.mark.parametrize("missing", ["conversation_id", "text", "private"])
def test_a_message_lacking_a_field_is_refused_without_repeating_it(missing: str) -> None:
    """Section 8: `private` is required."""
    fields: dict[str, Any] = {"conversation_id": "c", "text": "canary", "private": True, "user_id": "u"}
    del fields[missing]
    with pytest.raises(ValidationError) as told:
        Message(**fields)
    assert missing in str(told.value)
    assert "canary" not in str(told.value)


def test_a_message_shows_no_text_in_its_repr() -> None:
    message = Message(conversation_id="c", text="canary", private=True)
    assert "canary" not in repr(message)


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://auth.openai.com"},
        {"issuer": "https://user:pw@auth.openai.com"},
        {"issuer": "https://auth.openai.com/?x=1"},
        {"issuer": "ftp://x"},
        {"backend_url": "http://example.test"},
        {"backend_url": "https://"},
        {"key": "too short"},
        {"starts_per_hour": 0},
        {"timeout": 600},
        {"answers": "nobody"},
        {"no_such_setting": 1},
    ],
    ids=repr,
)
def test_a_wrong_setting_is_named(wrong: dict[str, Any]) -> None:
    """Section 8: ISSUER and BACKEND_URL are https, or http on loopback."""
    with pytest.raises(ValidationError) as told:
        Settings(**wrong)
    assert next(iter(wrong)) in str(told.value)
    assert "pw" not in str(told.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_loopback_address_may_be_plain(host: str) -> None:
    assert Settings(issuer=f"http://{host}:8080/").issuer == f"http://{host}:8080"


def test_a_folder_that_cannot_be_used_is_said_and_nothing_is_started(stage: Stage) -> None:
    """trust.md, section 4: `start` shows no code unless the flow is durable; recovery without a restart."""
    stage.folder.parent.mkdir(parents=True, exist_ok=True)
    stage.folder.write_text("a file in the folder's place")
    reply = stage.say("Ana", SIGN_IN)
    assert reply and reply.text and reply.user_code is None
    assert stage.asked() == 0
    stage.folder.unlink()
    reply = stage.say("Ana", SIGN_IN)
    assert reply and reply.user_code == stage.code


def test_a_code_is_not_shown_unless_the_flow_is_durable(stage: Stage) -> None:
    stage.say("Ana", "Add the OpenAI model")  # the store is open and well

    def break_the_store(_: object) -> None:
        for file in stage.folder.glob("onboarding.db*"):
            file.write_bytes(b"no database any more" * 400)

    stage.provider.on_request = break_the_store
    reply = stage.say("Ana", SIGN_IN)
    assert stage.asked("start") == 1
    assert reply and reply.text and reply.user_code is None
    assert stage.code not in reply.text


@pytest.mark.parametrize("times", [2, 11])
def test_a_message_delivered_often_has_one_effect(stage: Stage, times: int) -> None:
    """trust.md, section 4, duplicate delivery."""
    stage.deliver(stage.message("Ana", SIGN_IN), times=times)
    said = [reply for reply in stage.replies if reply]
    assert (stage.asked("start"), len(said)) == (1, times)
    assert {reply.text for reply in said} == {said[0].text}
    assert sum(not reply.repeated for reply in said) == 1


def test_starts_are_limited_by_the_hour_and_the_wait_is_told(stage: Stage) -> None:
    """Rule 1: 10 an hour, checked before the provider is asked."""
    for _ in range(12):
        stage.say("Ana", SIGN_IN)
        stage.say("Ana", "give me a new code")
        stage.clock.advance(timedelta(minutes=1))
    assert stage.asked("start") == 10
    reply = stage.say("Ana", "try again")
    assert reply and reply.state == "failed" and "min" in reply.text
    assert stage.say("Wei", SIGN_IN) and stage.asked("start") == 11
    stage.clock.advance(timedelta(hours=1))
    reply = stage.say("Ana", SIGN_IN)
    assert reply and reply.user_code == stage.code


def test_nothing_of_the_environment_is_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The settings have defaults for everything."""
    monkeypatch.setenv("CODEX_ONBOARDING_HOME", str(tmp_path / "home"))
    onboarding = Onboarding(now=lambda: datetime(2026, 11, 22, tzinfo=UTC))
    assert onboarding.settings.home == tmp_path / "home"
    assert onboarding.settings.verification_url == "https://auth.openai.com/codex/device"
