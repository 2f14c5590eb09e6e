"""The page about agent SDKs in the real ones: its own code, a model without a network, a provider on loopback."""

import asyncio
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest
from agents import set_tracing_disabled

from skill import Message
from skill.simulator import LocalProvider, serve_in_thread

from .models import ANSWER, Canary, LangChainModel, OpenAIModel, pydantic_model

PAGE = Path(__file__).parents[3] / "docs" / "runtimes" / "agents.md"
SIGN_IN = "Sign in with my ChatGPT account"
MODELS: dict[str, Callable[[Canary], Any]] = {
    "OpenAI Agents SDK": OpenAIModel,
    "Pydantic AI": pydantic_model,
    "LangChain": lambda canary: LangChainModel(canary=canary),
}


def block(under: str) -> str:
    """The page's code under that heading."""
    section = PAGE.read_text(encoding="utf-8").partition(f"# {under}\n")[2]
    found = re.search(r"```python\n(.*?)```", section, re.S)
    assert found
    return found[1]


class Bot:
    """The page's program on a loop of its own."""

    def __init__(self, sdk: str, provider: LocalProvider) -> None:
        self.provider, self.canary, self.sent = provider, Canary(), list[str]()
        self._names: dict[str, Any] = {"__name__": "the_page", "model": MODELS[sdk](self.canary)}
        exec(block("In an agent SDK") + block(sdk), self._names)
        self._number = 0

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._names["onboarding"].close())
        self._runner.close()

    def say(self, text: str, who: str = "ana", private: bool = True) -> list[str]:
        """One message; what was sent because of it."""
        self._number += 1
        about = {"conversation_id": f"chat with {who}", "user_id": who, "private": private, "platform": "mychat"}
        message = Message(message_id=str(self._number), text=text, **about)
        sent: list[str] = []

        async def send(text: str) -> None:
            sent.append(text)

        self._runner.run(self._names["on_message"](message, send))
        return sent

    def calls(self, who: str = "ana", private: bool = True, **arguments: Any) -> str:
        """The model calls the tool on a message that asks for nothing; what it was shown then."""
        self.canary.calls.append(arguments)
        assert self.say("What's the weather like?", who, private) == [ANSWER]
        return self.canary.seen[-1]

    def connect(self) -> None:
        assert self.provider.codes == []
        shown = self.say(SIGN_IN)[0]
        assert self.provider.codes[-1].user_code in shown
        self.provider.approve(self.provider.codes[-1].user_code)
        assert self.say("done")[0].startswith("Connected as ana@example.test.")


@pytest.fixture(params=list(MODELS))
def bot(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bot]:
    set_tracing_disabled(True)  # it would be uploaded
    for name in [name for name in os.environ if name.startswith(("CODEX_ONBOARDING_", "LANGSMITH_", "LANGCHAIN_"))]:
        monkeypatch.delenv(name)
    provider = LocalProvider()
    with serve_in_thread(provider) as served:
        monkeypatch.setenv("CODEX_ONBOARDING_HOME", str(tmp_path))
        monkeypatch.setenv("CODEX_ONBOARDING_ISSUER", served.issuer)
        monkeypatch.setenv("CODEX_ONBOARDING_BACKEND_URL", served.backend_url)
        with Bot(request.param, provider) as bot:
            yield bot
        secrets = [*provider.secrets(), *(code.user_code for code in provider.codes)]
        assert [shown for shown in bot.canary.seen for secret in secrets if secret in shown] == []


@pytest.mark.parametrize("sdk", MODELS)
def test_an_sdk_takes_less_than_ten_lines(sdk: str) -> None:
    lines = [line for line in block(sdk).splitlines() if line and not line.startswith(("import ", "from "))]
    assert len(lines) < 10


def test_an_ordinary_message_reaches_the_model_once(bot: Bot) -> None:
    assert bot.say("What's the weather like?") == [ANSWER]
    assert len(bot.canary.seen) == 1 and "weather" in bot.canary.seen[0]


def test_a_person_is_connected_and_the_model_hears_nothing_of_it(bot: Bot) -> None:
    bot.connect()
    assert bot.canary.seen == []
    assert (bot.provider.count("start"), bot.provider.count("poll")) == (1, 1)
    assert bot.say("Now tell me about otters") == [ANSWER]
    assert SIGN_IN not in bot.canary.seen[0]


def test_a_request_for_another_skill_is_answered_and_goes_on_to_the_model(bot: Bot) -> None:
    assert bot.say("I want to use my own OpenAI API key")[-1] == ANSWER
    assert len(bot.canary.seen) == 1


@pytest.mark.parametrize(
    ("action", "missing"),
    [("start", "request_required"), ("poll", "confirmation_required"), ("logout", "request_required")],
)
def test_the_models_own_idea_is_refused(bot: Bot, action: str, missing: str) -> None:
    assert missing in bot.calls(action=action, pending_id="p", user_message=SIGN_IN)
    assert (bot.provider.count("start"), bot.provider.count("poll")) == (0, 0)


def test_the_tool_is_offered_with_its_arguments_and_without_the_context(bot: Bot) -> None:
    bot.say("What's the weather like?")
    shown = bot.canary.tools
    assert "openai_oauth" in shown and "pending_id" in shown and "From `start`; required for `poll`." in shown
    assert "conversation_id" not in shown and "user_id" not in shown


def test_who_is_meant_comes_from_the_host(bot: Bot) -> None:
    bot.connect()
    assert "ana@example.test" in bot.calls(action="status")
    assert "ana@example.test" not in bot.calls("bo", action="status")
    bot.canary.calls.append({"action": "status", "user_id": "ana"})
    bot.say("What's the weather like?", "bo")
    assert "ana@example.test" not in bot.canary.seen[-1]


def test_a_call_where_others_read_along_is_refused(bot: Bot) -> None:
    assert "request_required" in bot.calls(private=False, action="status")
