"""A message that passes through each chat runtime, beside the bare hook: the price of the translation."""

import asyncio
import json
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aiogram import Bot
from aiogram.types import Update
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse

from benchmarks.kit import Way, clock, compared
from benchmarks.openclaw import openclaw
from benchmarks.passing import TRAFFIC
from intents import read
from skill import Message, Onboarding, Settings
from skill.runtimes import slack, telegram
from skill.runtimes.hermes.engine import Engine
from skill.runtimes.hermes.gate import Gate
from skill.runtimes.hermes.keeper import Keeper
from skill.runtimes.hermes.seats import Seats
from skill.runtimes.service.admission import Delivery
from skill.runtimes.service.endpoints import Endpoints
from skill.runtimes.service.metrics import Metrics
from skill.runtimes.service.models import Models

ROUNDS = 20
SENT = 1_700_000_000

Make = Callable[[Onboarding, Sequence[str]], Way]


def _messages(texts: Sequence[str]) -> list[Message]:
    return [
        Message(message_id=str(number), conversation_id="7", user_id="7", text=text, private=True)
        for number, text in enumerate(texts)
    ]


def _hook(onboarding: Onboarding, texts: Sequence[str]) -> Way:
    messages = _messages(texts)
    return lambda number: onboarding.handle(messages[number])


def _slack(onboarding: Onboarding, texts: Sequence[str]) -> Way:
    middleware = slack.OnboardingMiddleware(onboarding, AsyncApp(token="xoxb-", signing_secret="unused"))
    event = {"type": "message", "channel": "D7", "channel_type": "im", "user": "U7"}
    requests = [
        AsyncBoltRequest(
            body={
                "type": "event_callback",
                "team_id": "T1",
                "event": event | {"text": text, "ts": f"{SENT}.{number:06}"},
            },
            mode="socket_mode",
        )
        for number, text in enumerate(texts)
    ]
    response = BoltResponse(status=200)

    async def go_on() -> BoltResponse:
        return response

    return lambda number: middleware.async_process(req=requests[number], resp=response, next=go_on)


def _telegram(onboarding: Onboarding, texts: Sequence[str]) -> Way:
    middleware, bot = telegram.OnboardingMiddleware(onboarding), Bot("42:unused")
    message: dict[str, Any] = {
        "date": SENT,
        "chat": {"id": 7, "type": "private"},
        "from": {"id": 7, "is_bot": False, "first_name": "Ana", "language_code": "en"},
    }
    events = [
        Update.model_validate({"update_id": number, "message": message | {"message_id": number, "text": text}}).message
        for number, text in enumerate(texts)
    ]

    async def go_on(*_: object) -> None:
        return None

    return lambda number: middleware(go_on, events[number], {"bot": bot})


def _hermes(onboarding: Onboarding, texts: Sequence[str]) -> Way:
    """The hook alone, which needs nothing of the library: Hermes has an environment of its own, so events are stubs."""
    engine = Engine(onboarding.settings)
    gate = Gate(engine, Seats(), Keeper(engine, "nobody"))
    unset = ("profile", "scope_id", "guild_id", "thread_id", "message_id")
    known = {"chat_id": "7", "user_id": "7", "chat_type": "dm", "is_bot": False}
    source = SimpleNamespace(platform=SimpleNamespace(value="telegram"), **known, **dict.fromkeys(unset))
    events = [
        SimpleNamespace(source=source, message_id=str(number), text=text, timestamp=None, metadata={})
        for number, text in enumerate(texts)
    ]

    async def ask(number: int) -> object:
        return gate.on_message(event=events[number])

    return ask


def _endpoint(onboarding: Onboarding, texts: Sequence[str]) -> Way:
    """As it is once a request was read and admitted."""
    endpoints = Endpoints(onboarding, Models(onboarding), Metrics())
    bodies = [message.model_dump_json().encode() for message in _messages(texts)]
    return lambda number: endpoints.message(Delivery(bodies[number]))


TRANSLATES: dict[str, Make] = {
    "Slack": _slack,
    "Telegram": _telegram,
    "Hermes (stub events)": _hermes,
    "HTTP service": _endpoint,
}


def _line(name: str, best: float, ratio: float) -> str:
    return f"  {name} {best:.0f} µs, hook included, median ratio {ratio:.2f} (aim: 2 at most)"


async def main() -> None:
    """Print the figures."""
    lines = TRAFFIC.read_text(encoding="utf-8").splitlines()
    silent = [text for text in (json.loads(line)["text"] for line in lines) if read(text).silent]
    # A slash or a mention in front ends either way early; what is compared is what everybody writes.
    texts = [text for text in silent if not text.startswith(("/", "@", "<"))]
    async with AsyncExitStack() as open_:
        home = Path(open_.enter_context(tempfile.TemporaryDirectory()))
        onboarding = await open_.enter_async_context(Onboarding(Settings(home=home)))
        ways = {name: clock(make(onboarding, texts), len(texts)) for name, make in TRANSLATES.items()}
        elsewhere = await open_.enter_async_context(openclaw(onboarding.settings, texts))
        bare = clock(_hook(onboarding, texts), len(texts))
        hook, figures = await compared(bare, {**ways, **elsewhere}, ROUNDS)
    print(f"adapters, {len(texts)} messages that pass through, beside the bare hook ({hook:.0f} µs):")
    for name in ways:
        print(_line(name, figures[name].best, figures[name].ratio))
    if elsewhere:
        own, trip = figures["own"], figures["trip"]
        print(_line("OpenClaw", own.best + hook, own.ratio + 1))
        print(f"    over loopback to the service and back {trip.best:.0f} µs")
    print("  MCP: nothing to measure, for no message passes through a tool")


if __name__ == "__main__":
    asyncio.run(main())
