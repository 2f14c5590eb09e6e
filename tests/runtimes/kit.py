"""The kit behind the runtimes' tests: the real library, its platform's API on loopback, a canary in the model's place.

    with Stage(folder) as stage, TelegramChat(stage) as chat:
        assert chat.say("Sign in with my ChatGPT account") == [...]    # what the platform was told to show
        assert chat.canary == []                                       # what reached the bot's own handler

Used from plain, synchronous code; what is said goes through the library as an update of the platform would.
"""

import asyncio
import hashlib
import hmac
import json
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from aiogram import Bot, Dispatcher
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_bolt.async_app import AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from skill import Onboarding
from skill.core.replies import catalogue
from skill.runtimes.common import HANDOFF
from skill.runtimes.slack import OnboardingMiddleware as SlackMiddleware
from skill.runtimes.telegram import OnboardingMiddleware as TelegramMiddleware
from skill.testing import Stage

SIGN_IN = "Sign in with my ChatGPT account"
STRANGER = 666  # whom the bot turns away by itself
Json = dict[str, Any]


@dataclass(frozen=True)
class Post:
    """One call that shows something to somebody."""

    method: str
    fields: Json

    @property
    def text(self) -> str:
        """The words."""
        return str(self.fields["text"])


class PlatformApi:
    """The platform's HTTP API on a port of its own; keeps what it is told to show, and refuses it if asked to.

    `answers` by method: the JSON, or a handler of the request.
    """

    SHOWS = ("chat.postMessage", "chat.postEphemeral", "sendMessage")

    def __init__(self, answers: Json, refusal: Json) -> None:
        self._answers, self._refusal = answers, refusal
        self.posts: list[Post] = []
        self.shown = asyncio.Queue[Post]()  # the same, for whoever waits for them
        self.refuses = False

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Its address."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        async with TestServer(app) as server:
            yield str(server.make_url("/"))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.path.rpartition("/")[2]
        answer = self._answers[method]
        if callable(answer):
            handled: web.StreamResponse = await answer(request)
            return handled
        if method not in self.SHOWS:
            return web.json_response(answer)
        if self.refuses:
            return web.json_response(self._refusal)
        told = await request.json() if request.content_type == "application/json" else dict(await request.post())
        fields = {name: _decoded(value) for name, value in told.items()}
        self.posts.append(Post(method, fields))
        self.shown.put_nowait(self.posts[-1])
        return web.json_response(answer)


async def pause() -> None:
    """Every task that isn't waiting for anything gets its turn."""
    for _ in range(20):
        await asyncio.sleep(0)


def _decoded(value: Any) -> Any:
    """The Bot API takes objects and lists as JSON within a form."""
    return json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value


class Chat(ABC):
    """A bot on one runtime, and the people who write to it."""

    api: PlatformApi
    platform: str
    account: str

    def __init__(self, stage: Stage, skill: Onboarding | None = None) -> None:
        self.stage = stage
        self.skill = skill or stage.skill
        self.canary: list[str] = []  # the whole body of each message that reached the bot's own handler
        self.handoffs: list[str | None] = []  # and which skill it was handed to
        self.events: list[Json] = []
        self._open = AsyncExitStack()

    def __enter__(self) -> Self:
        self.stage.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.stage.run(self._open.aclose())

    @abstractmethod
    async def _start(self) -> None: ...

    @abstractmethod
    def event(self, text: str, manner: str = "", who: int = 7) -> Json:
        """A new message as the platform describes it, in a private chat.

        `manner`: "in a room", "edited", "by a bot" or "without a user".
        """

    @abstractmethod
    async def deliver(self, event: Json) -> Any:
        """The event goes through the library."""

    @abstractmethod
    async def settle(self) -> None:
        """Until nothing is under way any more."""

    @abstractmethod
    def user_id(self, who: int) -> str:
        """As the platform names that person."""

    @abstractmethod
    def conversation(self, who: int) -> str:
        """As the platform names their private chat."""

    def say(self, text: str, manner: str = "", who: int = 7) -> list[str]:
        """One message; the texts that were shown for it."""
        return self.hear(self.event(text, manner, who))

    def hear(self, *events: Json) -> list[str]:
        """These events, at once; the texts that were shown for them."""
        before = len(self.api.posts)
        self.stage.run(self._heard(events))
        return [post.text for post in self.api.posts[before:]]

    async def _heard(self, events: Iterable[Json]) -> None:
        await asyncio.gather(*(self.deliver(event) for event in events))
        await self.settle()

    def reached_model(self, body: object, handoff: str | None) -> None:
        """Called by the bot's own handler."""
        self.canary.append(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False))
        self.handoffs.append(handoff)

    def display(self, language: str = "en") -> str:
        """The text that shows the code."""
        shown = {"verification_url": self.stage.verification_url, "user_code": self.stage.code}
        return catalogue(language).text("display", **shown)

    def approve(self) -> None:
        """What the person does in the browser, and the time that it takes."""
        self.stage.provider.approve(self.stage.code)
        self.stage.clock.advance(timedelta(seconds=40))

    def connect(self) -> None:
        """The request, the approval, "done"."""
        self.say(SIGN_IN)
        self.approve()
        assert self.say("done")[0].startswith("Connected as ana@example.test.")

    def tool(self, action: str, who: int = 7) -> Json:
        """What the tool answers in that person's private chat."""
        names = {"platform": self.platform, "account": self.account, "user_id": self.user_id(who)}
        return self.stage.run(self.skill.openai_oauth(action, conversation_id=self.conversation(who), **names))


_POSTED = {"ok": True, "ts": "1.2", "channel": "D7"}
SLACK_ANSWERS: Json = {
    "auth.test": {
        "ok": True,
        "url": "https://t1.example.test/",
        "team": "Team",
        "team_id": "T1",
        "user": "bot",
        "user_id": "U0BOT",
        "bot_id": "B0BOT",
    },
    "chat.postMessage": _POSTED,
    "chat.postEphemeral": _POSTED,
}
_SENT = {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}, "text": "sent"}
TELEGRAM_ANSWERS: Json = {
    "getMe": {"ok": True, "result": {"id": 42, "is_bot": True, "first_name": "Bot", "username": "codex_test_bot"}},
    "sendMessage": {"ok": True, "result": _SENT},
}


class SlackChat(Chat):
    """Bolt's `AsyncApp` behind its signature check; a team of two people."""

    platform, account = "slack", "T1"
    SECRET = "a signing secret"

    async def _start(self) -> None:
        self.api = PlatformApi(SLACK_ANSWERS, {"ok": False, "error": "channel_not_found"})
        url = await self._open.enter_async_context(self.api.listening())
        self.app = AsyncApp(signing_secret=self.SECRET, client=AsyncWebClient("xoxb-loopback", base_url=url))
        self.middleware = SlackMiddleware(self.skill, self.app)
        await self._open.enter_async_context(self.middleware)

        @self.app.use
        async def members_only(context: AsyncBoltContext, next: Callable[[], Awaitable[None]]) -> BoltResponse | None:
            return BoltResponse(status=200) if context.user_id == self.user_id(STRANGER) else await next()

        self.app.use(self.middleware)

        @self.app.event("message")
        @self.app.event("app_mention")
        async def model(body: Json, context: Json) -> None:
            self.reached_model(body, context.get(HANDOFF))

    def user_id(self, who: int) -> str:
        return f"U{who}"

    def conversation(self, who: int) -> str:
        return f"D{who}"

    def event(self, text: str, manner: str = "", who: int = 7) -> Json:
        sent = self.stage.clock.now().timestamp()
        message = {
            "type": "message",
            "channel": self.conversation(who),
            "channel_type": "im",
            "user": self.user_id(who),
            "text": text,
            "ts": f"{sent:.0f}.{len(self.events) + 1:06}",
        }
        match manner:
            case "in a room":
                message |= {"channel": "C1", "channel_type": "channel"}
            case "edited":
                edited = {name: message.pop(name) for name in ("user", "text")}
                message |= {"subtype": "message_changed", "message": edited | {"edited": {}, "type": "message"}}
            case "by a bot":
                message |= {"bot_id": "B0OTHER"}
            case "without a user":
                del message["user"]
        event = {"type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": f"Ev{len(self.events)}"}
        self.events.append(event | {"event": message})
        return self.events[-1]

    async def deliver(self, event: Json, secret: str = SECRET, **headers: str) -> BoltResponse:
        body, now = json.dumps(event), str(int(time.time()))
        digest = hmac.new(secret.encode(), f"v0:{now}:{body}".encode(), hashlib.sha256).hexdigest()
        signed = {"x-slack-request-timestamp": now, "x-slack-signature": f"v0={digest}"}
        request = AsyncBoltRequest(body=body, headers={"content-type": "application/json", **signed, **headers})
        return await self.app.async_dispatch(request)

    async def settle(self) -> None:
        await self.middleware.close()
        await pause()  # Bolt runs its listeners in tasks of its own


async def _members_only(handler: Callable[..., Awaitable[Any]], event: Any, data: Json) -> Any:
    return None if event.from_user and event.from_user.id == STRANGER else await handler(event, data)


class TelegramChat(Chat):
    """aiogram's `Dispatcher`, with a bot that formats by default."""

    platform, account = "telegram", "42"

    async def _start(self) -> None:
        blocked = {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}
        self.api = PlatformApi(TELEGRAM_ANSWERS, blocked)
        url = await self._open.enter_async_context(self.api.listening())
        session = AiohttpSession(api=TelegramAPIServer.from_base(url))
        self._open.push_async_callback(session.close)
        self.bot = Bot("42:loopback", session=session, default=DefaultBotProperties(parse_mode="HTML"))
        self.dispatcher = Dispatcher()
        for observer in (self.dispatcher.message, self.dispatcher.edited_message):
            observer.outer_middleware(_members_only)
            observer.outer_middleware(TelegramMiddleware(self.skill))

            @observer()
            async def model(message: Any, codex_handoff: str | None = None) -> None:
                self.reached_model(message.model_dump_json(exclude_none=True), codex_handoff)

    def user_id(self, who: int) -> str:
        return str(who)

    def conversation(self, who: int) -> str:
        return str(who)

    def event(self, text: str, manner: str = "", who: int = 7) -> Json:
        number = len(self.events) + 1
        message: Json = {
            "message_id": number,
            "date": int(self.stage.clock.now().timestamp()),
            "chat": {"id": who, "type": "private"},
            "from": {"id": who, "is_bot": False, "first_name": "Ana", "language_code": "en"},
            "text": text,
        }
        kind = "message"
        match manner:
            case "in a room":
                message |= {"chat": {"id": -100, "type": "supergroup", "title": "Room"}}
            case "edited":
                kind = "edited_message"
                message |= {"edit_date": message["date"] + 1}
            case "by a bot":
                message["from"] |= {"is_bot": True}
            case "without a user":
                del message["from"]
        self.events.append({"update_id": number, kind: message})
        return self.events[-1]

    async def deliver(self, event: Json) -> Any:
        return await self.dispatcher.feed_raw_update(self.bot, event)

    async def settle(self) -> None:
        """A handler's answer was awaited already."""
