"""How long the event loop stands still under concurrent logins: a heartbeat every millisecond, and its worst pause.

The provider is a process of its own: what it takes is not the skill's. Told twice: as it comes, and with what is there
after the start left out by the garbage collector (`gc.freeze`), as `serve` does it.
"""

import asyncio
import gc
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from benchmarks.kit import said
from intents import warm_up
from skill import Onboarding, Settings

LOGINS = 100
BEAT = 0.001  # seconds


async def _heartbeat(pauses: list[tuple[float, float]]) -> None:
    """By the clock, and how long the loop itself was at work in it: on a busy machine others are too."""
    while True:
        started, worked = time.perf_counter(), time.thread_time()
        await asyncio.sleep(BEAT)
        pauses.append((time.perf_counter() - started - BEAT, time.thread_time() - worked))


@asynccontextmanager
async def _provider() -> AsyncIterator[dict[str, str]]:
    """Where a provider in another process listens."""
    command = (sys.executable, "-m", "skill", "provider", "--json")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    try:
        yield json.loads(await process.stdout.readline())
    finally:
        process.terminate()
        await process.communicate()


async def _flow(onboarding: Onboarding, browser: httpx.AsyncClient, user: str) -> None:
    shown = await onboarding.handle(said(user, 1, "Sign in with my ChatGPT account"))
    assert shown and shown.user_code
    approved = await browser.post("/_control", json={"do": "approve", "user_code": shown.user_code})
    assert approved.is_success, approved.text
    connected = await onboarding.handle(said(user, 2, "done"))
    assert connected and connected.state == "connected"


async def _crowd(onboarding: Onboarding, browser: httpx.AsyncClient, name: str) -> None:
    pauses = list[tuple[float, float]]()
    heart = asyncio.create_task(_heartbeat(pauses))
    await asyncio.gather(*(_flow(onboarding, browser, f"{name}-{number}") for number in range(LOGINS)))
    heart.cancel()
    clock, work = (sorted(times) for times in zip(*pauses, strict=True))
    for kind, times in (("by the clock", clock), ("at work itself", work)):
        worst, usual = (f"{seconds * 1000:.0f} ms" for seconds in (times[-1], _quantile(times)))
        print(f"  {name}, {kind}: worst pause {worst}, 99th percentile {usual}")


async def main() -> None:
    """Print the figures."""
    warm_up()
    print(f"event loop under {LOGINS} concurrent logins, beside a provider in another process (aim: 50 ms at most):")
    with tempfile.TemporaryDirectory() as home:
        async with _provider() as at, httpx.AsyncClient(base_url=at["url"], timeout=60) as browser:
            settings = Settings(
                home=Path(home), issuer=at["CODEX_ONBOARDING_ISSUER"], backend_url=at["CODEX_ONBOARDING_BACKEND_URL"]
            )
            async with Onboarding(settings) as onboarding:
                await _flow(onboarding, browser, "warm-up")
                await _crowd(onboarding, browser, "as it comes")
                gc.freeze()
                await _crowd(onboarding, browser, "frozen")


def _quantile(times: list[float]) -> float:
    return times[int(len(times) * 0.99)]


if __name__ == "__main__":
    asyncio.run(main())
