"""A message that passes through the HTTP service, beside the bare hook: the price of the translation, and of HTTP."""

import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from statistics import median

import httpx

from benchmarks.passing import TRAFFIC
from intents import read
from skill import Message, Onboarding, Settings
from skill.runtimes.service import build
from skill.runtimes.service.admission import Delivery
from skill.runtimes.service.endpoints import Endpoints
from skill.runtimes.service.metrics import Metrics
from skill.runtimes.service.models import Models

ROUNDS = 10

Way = Callable[[int], Awaitable[object]]


def _ways(onboarding: Onboarding, models: Models, client: httpx.AsyncClient, texts: Sequence[str]) -> dict[str, Way]:
    """The hook alone; the endpoint, as it is once a request was read and admitted; the whole application."""
    messages = [
        Message(message_id=str(number), conversation_id="c", user_id="u", text=text, private=True)
        for number, text in enumerate(texts)
    ]
    bodies = [message.model_dump_json().encode() for message in messages]
    endpoints, headers = Endpoints(onboarding, models, Metrics()), {"content-type": "application/json"}
    return {
        "hook": lambda number: onboarding.handle(messages[number]),
        "endpoint": lambda number: endpoints.message(Delivery(bodies[number])),
        "request": lambda number: client.post("/v1/messages", content=bodies[number], headers=headers),
    }


async def _microseconds(way: Way, count: int) -> float:
    started = time.perf_counter()
    for number in range(count):
        await way(number)
    return (time.perf_counter() - started) / count * 1e6


async def main() -> None:
    """Print the figures."""
    lines = TRAFFIC.read_text(encoding="utf-8").splitlines()
    texts = [text for text in (json.loads(line)["text"] for line in lines) if read(text).silent and text[0] != "/"]
    with tempfile.TemporaryDirectory() as home:
        async with Onboarding(Settings(home=Path(home))) as onboarding:
            models, transport = Models(onboarding), httpx.ASGITransport(app=build(onboarding))
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                ways = _ways(onboarding, models, client, texts)
                times: dict[str, list[float]] = {name: [] for name in ways}
                for _ in range(ROUNDS):
                    for name, way in ways.items():
                        times[name].append(await _microseconds(way, len(texts)))
            await models.close()
    ratio = median(one / bare for one, bare in zip(times["endpoint"], times["hook"], strict=True))
    print(
        f"HTTP service, {len(texts)} messages that pass through: hook {min(times['hook']):.0f} µs, endpoint "
        f"{min(times['endpoint']):.0f} µs, median ratio {ratio:.2f} (aim: 2 at most); "
        f"a whole request without a network {min(times['request']):.0f} µs"
    )


if __name__ == "__main__":
    asyncio.run(main())
