"""The pages about the runtimes tell the truth: their code is run, from the first word to the model's answer."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from skill.simulator import LocalProvider, serve

from .kit import SIGN_IN, SLACK_ANSWERS, TELEGRAM_ANSWERS, Json, PlatformApi

DOCS = Path(__file__).parents[2] / "docs" / "runtimes"
RUN = "asyncio.run(main())\n"

Tell = Callable[[str], Awaitable[None]]


def blocks(runtime: str) -> tuple[str, str]:
    """The set-up without its last line, and the listener."""
    page = (DOCS / f"{runtime}.md").read_text(encoding="utf-8")
    set_up, listener = re.findall(r"```python\n(.*?)```", page, re.S)
    assert set_up.endswith(RUN)
    return set_up.removesuffix(RUN), listener


def code_lines(block: str) -> list[str]:
    """Without blanks and imports."""
    return [line for line in block.splitlines() if line and not line.startswith(("import ", "from "))]


@pytest.mark.parametrize("runtime", ["slack", "telegram"])
def test_a_page_gets_along_with_less_than_ten_lines(runtime: str) -> None:
    assert len(code_lines(blocks(runtime)[0] + RUN)) < 10


@asynccontextmanager
async def running(runtime: str, swapped: Mapping[str, str], **scope: Any) -> AsyncIterator[None]:
    """The page's own code, but for the words that would lead to the real platform."""
    set_up, listener = blocks(runtime)
    for words, instead in swapped.items():
        assert words in set_up
        set_up = set_up.replace(words, instead)
    exec(listener + set_up, scope)
    bot = asyncio.ensure_future(scope["main"]())
    try:
        yield
    finally:
        bot.cancel()
        await asyncio.gather(bot, return_exceptions=True)


async def from_the_first_word_to_the_models_answer(api: PlatformApi, provider: LocalProvider, tell: Tell) -> None:
    """What a person would do on trying the page."""

    async def shown(words: str) -> None:
        while words not in (await api.shown.get()).text:
            pass

    await tell(SIGN_IN)
    await shown("And enter this code")
    provider.approve(provider.codes[-1].user_code)
    await tell("done")
    await shown("Connected as ana@example.test.")
    await tell("What's the weather like?")
    await shown("Hello from gpt-5-codex. You said: What's the weather like?")
    assert (provider.count("poll"), provider.count("responses")) == (1, 1)


@asynccontextmanager
async def a_provider(monkeypatch: pytest.MonkeyPatch, home: Path) -> AsyncIterator[LocalProvider]:
    """On a real port, and named in the environment."""
    provider = LocalProvider()
    async with serve(provider) as served:
        monkeypatch.setenv("CODEX_ONBOARDING_HOME", str(home))
        monkeypatch.setenv("CODEX_ONBOARDING_ISSUER", served.issuer)
        monkeypatch.setenv("CODEX_ONBOARDING_BACKEND_URL", served.backend_url)
        yield provider


def test_the_page_about_slack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Over a real Socket Mode connection."""
    events, acknowledged = asyncio.Queue[Json](), list[Json]()

    async def socket(request: web.Request) -> web.StreamResponse:
        connection = web.WebSocketResponse()
        await connection.prepare(request)

        async def push() -> None:
            while True:
                await connection.send_json(await events.get())

        pushing = asyncio.ensure_future(push())
        async for frame in connection:
            acknowledged.append(json.loads(frame.data))
        pushing.cancel()
        return connection

    async def tell(text: str) -> None:
        number = events.qsize() + len(acknowledged)
        said = {"type": "message", "channel": "D7", "channel_type": "im", "user": "U7", "text": text}
        payload = {"type": "event_callback", "team_id": "T1", "event_id": f"Ev{number}"}
        payload["event"] = said | {"ts": f"{time.time():.6f}"}  # type: ignore[assignment]
        await events.put({"type": "events_api", "envelope_id": f"e{number}", "payload": payload})

    async def opened(request: web.Request) -> web.StreamResponse:
        return web.json_response({"ok": True, "url": f"ws://{request.host}/socket"})

    async def main() -> None:
        api = PlatformApi(SLACK_ANSWERS | {"apps.connections.open": opened, "socket": socket}, {})
        connections: list[AsyncSocketModeHandler] = []

        def connect(app: AsyncApp, token: str) -> AsyncSocketModeHandler:
            connections.append(AsyncSocketModeHandler(app, token))
            return connections[-1]

        swapped = {'token=os.environ["SLACK_BOT_TOKEN"]': "client=client", "AsyncSocketModeHandler(": "connect("}
        async with a_provider(monkeypatch, tmp_path) as provider, api.listening() as url:
            client = AsyncWebClient("xoxb-loopback", base_url=url)
            async with running("slack", swapped, client=client, connect=connect):
                await from_the_first_word_to_the_models_answer(api, provider, tell)
            await connections[0].close_async()  # the page's process would have ended
        assert len(acknowledged) == 3

    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-")
    asyncio.run(main())


def test_the_page_about_telegram(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Over real long polling."""
    updates, told = asyncio.Queue[Json](), list[str]()

    async def polled(_: web.Request) -> web.StreamResponse:
        return web.json_response({"ok": True, "result": [await updates.get()]})

    async def tell(text: str) -> None:
        told.append(text)
        person = {"id": 7, "is_bot": False, "first_name": "Ana"}
        chat = {"id": 7, "type": "private"}
        message = {"message_id": len(told), "date": int(time.time()), "chat": chat, "from": person, "text": text}
        await updates.put({"update_id": len(told), "message": message})

    async def main() -> None:
        api = PlatformApi(TELEGRAM_ANSWERS | {"getUpdates": polled}, {})
        async with a_provider(monkeypatch, tmp_path) as provider, api.listening() as url:
            session = AiohttpSession(api=TelegramAPIServer.from_base(url))
            token = {'Bot(os.environ["TELEGRAM_BOT_TOKEN"])': "bot"}
            async with running("telegram", token, bot=Bot("42:loopback", session=session)):
                await from_the_first_word_to_the_models_answer(api, provider, tell)

    asyncio.run(main())
