"""The hook for ordinary traffic: a message that passes through, beside `classify` of it, in time of the processor."""

import asyncio
import json
import os
import tempfile
import time
from pathlib import Path

from intents import classify, read
from skill import Message, Onboarding, Settings

TRAFFIC = Path(__file__).parent.parent / "tests" / "intents" / "corpus" / "traffic.jsonl"
ROUNDS = 20


async def _handle_all(onboarding: Onboarding, messages: list[Message]) -> float:
    started = time.process_time()
    for message in messages:
        await onboarding.handle(message)
    return time.process_time() - started


def _classify_all(messages: list[Message]) -> float:
    started = time.process_time()
    for message in messages:
        classify(message.text)
    return time.process_time() - started


async def _measure() -> None:
    texts = [json.loads(line)["text"] for line in TRAFFIC.read_text(encoding="utf-8").splitlines()]
    silent = [text for text in texts if read(text).silent and not text.startswith("/")]
    messages = [
        Message(message_id=str(number), conversation_id=str(number), user_id="u", text=text, private=True)
        for number, text in enumerate(silent)
    ]
    with tempfile.TemporaryDirectory() as home:
        async with Onboarding(Settings(home=Path(home))) as onboarding:
            pairs = [(await _handle_all(onboarding, messages), _classify_all(messages)) for _ in range(ROUNDS)]
        stored = os.listdir(home)  # noqa: PTH208
    hook, bare = (min(times) / len(messages) * 1e6 for times in zip(*pairs, strict=True))
    print(f"pass-through: {hook:.2f} µs a message, classify {bare:.2f} µs, ratio {hook / bare:.2f} (aim: 2 at most)")
    print(
        f"  {len(silent)} of {len(texts)} traffic texts are none in every reading; files the store made: {len(stored)}"
    )


def main() -> None:
    """Print the figures."""
    asyncio.run(_measure())


if __name__ == "__main__":
    main()
