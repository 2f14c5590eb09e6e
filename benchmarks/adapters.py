"""A message that passes through each chat runtime's middleware, beside the bare hook: the price of the translation."""

import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from aiogram import Bot
from aiogram.types import Update
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse

from benchmarks.passing import TRAFFIC
from intents import read
from skill import Message, Onboarding, Settings
from skill.runtimes import slack, telegram

ROUNDS = 20
SENT = 1_700_000_000

Way = Callable[[int], Awaitable[object]]


def _hook(onboarding: Onboarding, texts: Sequence[str]) -> Way:
    messages = [
        Message(message_id=str(number), conversation_id="7", user_id="7", text=text, private=True)
        for number, text in enumerate(texts)
    ]
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


async def _microseconds(way: Way, count: int) -> float:
    started = time.perf_counter()
    for number in range(count):
        await way(number)
    return (time.perf_counter() - started) / count * 1e6


async def main() -> None:
    """Print the figures."""
    lines = TRAFFIC.read_text(encoding="utf-8").splitlines()
    silent = [text for text in (json.loads(line)["text"] for line in lines) if read(text).silent]
    # A slash or a mention in front ends either way early; what is compared is what everybody writes.
    texts = [text for text in silent if not text.startswith(("/", "@", "<"))]
    with tempfile.TemporaryDirectory() as home:
        async with Onboarding(Settings(home=Path(home))) as onboarding:
            ways = {"hook": _hook, "Slack": _slack, "Telegram": _telegram}
            made = {name: make(onboarding, texts) for name, make in ways.items()}
            times: dict[str, list[float]] = {name: [] for name in made}
            for _ in range(ROUNDS):
                for name, way in made.items():
                    times[name].append(await _microseconds(way, len(texts)))
    print(f"adapters, {len(texts)} messages that pass through, beside the bare hook ({min(times['hook']):.0f} µs):")
    for name in ("Slack", "Telegram"):
        ratio = median(one / bare for one, bare in zip(times[name], times["hook"], strict=True))
        print(f"  {name} {min(times[name]):.0f} µs, hook included, median ratio {ratio:.2f} (aim: 2 at most)")


if __name__ == "__main__":
    asyncio.run(main())
