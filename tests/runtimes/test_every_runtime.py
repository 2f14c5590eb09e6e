"""What holds in every chat runtime, with the real library in the loop."""

import asyncio
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from skill import Onboarding, Settings
from skill.core.replies import catalogue
from skill.testing import Stage

from ..proofs.kit import leaks
from .kit import SIGN_IN, STRANGER, Chat, SlackChat, TelegramChat, pause

ROOT = Path(__file__).parents[2]
KEY = "sk-proj-0123456789abcdef0123456789abcdef"


def test_from_the_first_word_to_connected(chat: Chat) -> None:
    shown = chat.say(SIGN_IN)
    assert shown[0] == chat.display()
    assert len(shown) > 1 and "" not in shown
    chat.approve()
    connected = chat.say("done")
    assert connected[0] == ("Connected as ana@example.test. You can switch with `/model openai-codex/gpt-5-codex`.")
    assert len(connected) > 1
    assert chat.tool("status")["connected"]
    assert chat.canary == []


def test_the_whole_way_in_chinese(chat: Chat) -> None:
    assert chat.say("使用我的ChatGPT账户登录")[0] == chat.display("zh")
    chat.approve()
    assert chat.say("完成了")[0].startswith("已以ana@example.test身份连接。")
    assert chat.canary == []


@pytest.mark.parametrize("text", ["What's the weather like?", "done", "今天天气怎么样？", "/model gpt-5"])
def test_an_ordinary_message_reaches_the_model_alone(chat: Chat, text: str) -> None:
    assert chat.say(text) == []
    assert len(chat.canary) == 1 and text in chat.canary[0]
    assert chat.stage.asked() == 0


def test_an_ordinary_message_in_mid_flow_reaches_the_model(chat: Chat) -> None:
    chat.say(SIGN_IN)
    assert chat.say("What's the weather like?") == []
    assert len(chat.canary) == 1


def test_a_message_delivered_again_is_answered_once(chat: Chat) -> None:
    """One after the other, and both at once."""
    event = chat.event(SIGN_IN)
    shown = chat.hear(event, event)
    assert shown.count(chat.display()) == 1
    assert chat.hear(event) == []
    chat.approve()
    done = chat.event("done")
    assert [text for text in chat.hear(done, done) if text.startswith("Connected as")] != []
    assert chat.hear(done) == []
    assert (chat.stage.asked("start"), chat.stage.asked("poll")) == (1, 1)
    assert chat.canary == []


def test_an_answer_that_died_with_its_process_is_said_by_the_next(stage: Stage, chat: Chat) -> None:
    """The platform delivers again what was never answered."""
    event = chat.event(SIGN_IN)
    chat.api.refuses = True
    assert chat.hear(event) == []
    with type(chat)(stage) as next_process:
        assert next_process.hear(event)[0] == chat.display()
    assert stage.asked("start") == 1


@pytest.mark.parametrize("manner", ["edited", "by a bot"])
def test_words_that_nobody_says_here_and_now_pass_through(chat: Chat, manner: str) -> None:
    chat.stage.forget_requests()
    assert chat.say(SIGN_IN, manner) == []
    assert (chat.stage.asked(), chat.stage.store_asked) == (0, 0)
    assert len(chat.canary) == 1


def test_an_edit_into_done_does_not_poll(chat: Chat) -> None:
    chat.say(SIGN_IN)
    chat.approve()
    assert chat.say("done", "edited") == []
    assert chat.stage.asked("poll") == 0


@pytest.mark.parametrize("text", [SIGN_IN, "使用我的ChatGPT账户登录"])
def test_a_shared_room_gets_one_pointer_and_leaves_no_trace(chat: Chat, text: str) -> None:
    language = "en" if text == SIGN_IN else "zh"
    chat.stage.forget_requests()
    event = chat.event(text, "in a room")
    assert chat.hear(event) == [catalogue(language).text("private")]
    assert chat.hear(event) == []
    assert (chat.stage.asked(), chat.stage.store_asked) == (0, 0)
    assert chat.canary == []


def test_a_flow_of_a_private_chat_is_not_advanced_from_a_room(chat: Chat) -> None:
    chat.say(SIGN_IN)
    chat.approve()
    assert chat.say("done", "in a room") == []
    assert chat.stage.asked("poll") == 0
    assert len(chat.canary) == 1


def test_who_cannot_be_told_from_others_starts_nothing(chat: Chat) -> None:
    chat.stage.forget_requests()
    assert chat.say(SIGN_IN, "without a user") == [catalogue("en").text("no_identity")]
    assert (chat.stage.asked(), chat.stage.store_asked) == (0, 0)


def test_another_person_confirms_nothing(chat: Chat) -> None:
    chat.say(SIGN_IN, who=7)
    chat.approve()
    assert chat.say("done", who=8) == []
    assert chat.stage.asked("poll") == 0
    assert not chat.tool("status", 8)["connected"]


def test_a_stranger_whom_the_bot_turns_away_never_meets_the_hook(chat: Chat) -> None:
    """Who may talk to the bot is the bot's to say, by a middleware of its own in front."""
    chat.stage.forget_requests()
    assert chat.say(SIGN_IN, who=STRANGER) == []
    assert (chat.stage.asked(), chat.stage.store_asked) == (0, 0)
    assert chat.canary == []


def test_while_the_provider_is_slow_the_bot_serves_the_others(chat: Chat) -> None:
    async def scene() -> list[int]:
        chat.stage.line.next("start", "held back")
        waiting = asyncio.ensure_future(chat.deliver(chat.event(SIGN_IN)))
        await chat.stage.line.stuck.wait()
        chat.stage.clock.advance(timedelta(seconds=5))
        await chat.deliver(chat.event("What's the weather like?", who=8))
        chat.stage.clock.advance(timedelta(seconds=5))
        await pause()
        seen = [len(chat.canary), len(chat.api.posts)]
        chat.stage.line.release()
        await waiting
        await chat.settle()
        return seen

    assert chat.stage.run(scene()) == [1, 0]
    assert chat.api.posts[0].text == chat.display()
    assert chat.stage.asked("start") == 1


def test_a_pasted_key_is_kept_from_the_model(chat: Chat) -> None:
    """`reply.sensitive`: not even the skill that takes over is given the message."""
    assert "delete" in chat.say(f"Add my OpenAI API key {KEY}")[0]
    assert chat.canary == []
    assert leaks([KEY], chat.stage.logbook.lines) == []


def test_a_request_for_another_skill_is_given_to_it(chat: Chat) -> None:
    event = chat.event("Add OpenAI API key")
    assert "byok-custom-model" in chat.hear(event)[0]
    assert chat.handoffs == ["byok-custom-model"]
    assert chat.hear(event) == []
    assert len(chat.canary) == 1


@pytest.mark.parametrize("runtime", [SlackChat, TelegramChat])
def test_where_an_agent_speaks_the_persons_words_reach_it_and_buy_its_call(stage: Stage, runtime: type[Chat]) -> None:
    """`answers="agent"`: owner and conversation of the tool call are those of the message."""
    stage.settings |= {"answers": "agent"}
    with runtime(stage) as chat:
        assert chat.tool("start")["error"] == "request_required"
        assert chat.say(SIGN_IN) == []
        assert len(chat.canary) == 1
        assert chat.tool("start")["user_code"] == stage.code


def broken_clock() -> datetime:
    raise RuntimeError(f"no time for {KEY}")


@pytest.mark.parametrize("runtime", [SlackChat, TelegramChat])
def test_a_hook_that_breaks_does_not_break_the_bot(stage: Stage, runtime: type[Chat]) -> None:
    broken = Onboarding(Settings(home=stage.folder), client=stage.client, now=broken_clock)
    with runtime(stage, broken) as chat:
        assert chat.say(SIGN_IN) == []
        assert len(chat.canary) == 1
        assert chat.say("What's the weather like?") == []
        assert len(chat.canary) == 2
    stage.run(broken.close())
    told = [line for line in stage.logbook.lines if line.startswith("skill.runtimes")]
    assert told == [
        "skill.runtimes.common: the hook broke, the message goes on to the bot: RuntimeError in broken_clock"
    ]


def test_an_answer_that_cannot_be_sent_is_logged_without_its_words(chat: Chat) -> None:
    chat.api.refuses = True
    assert chat.say(SIGN_IN) == []
    assert chat.canary == []
    told = [line for line in chat.stage.logbook.lines if line.startswith("skill.runtimes")]
    assert len(told) == 1 and "an answer could not be sent" in told[0]
    assert leaks([chat.stage.code], told) == []


def test_the_model_never_sees_a_secret_or_a_code(chat: Chat) -> None:
    chat.connect()
    for text in (SIGN_IN, "Which models can I use with my ChatGPT subscription?", "hello", "Log me out of ChatGPT"):
        chat.say(text)
    codes = [code.user_code for code in chat.stage.provider.codes]
    assert len(chat.canary) == 1 and "hello" in chat.canary[0]
    assert leaks([*chat.stage.provider.secrets(), *codes], chat.canary) == []
    assert leaks(chat.stage.provider.secrets(), [post.text for post in chat.api.posts]) == []


@pytest.mark.parametrize(
    ("extra", "library"),
    [
        ("slack", "slack_bolt"),
        ("slack", "aiohttp"),
        ("telegram", "aiogram"),
        ("mcp", "mcp"),
        ("service", "standardwebhooks"),
        ("service", "starlette"),
        ("service", "uvicorn"),
    ],
)
def test_a_runtime_without_its_extra_names_it(extra: str, library: str) -> None:
    code = f"import sys; sys.modules[{library!r}] = None; import skill.runtimes.{extra}"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    last = shown.stderr.strip().splitlines()[-1]
    hint = f"skill.runtimes.{extra} needs its extra: pip install 'chatgpt-codex-onboarding[{extra}]'"
    assert last == f"ModuleNotFoundError: {hint}"
