"""How long the event loop stands still under concurrent logins: a heartbeat every millisecond, and its worst pause."""

import asyncio
import time

from benchmarks.kit import flow, skill_beside
from skill.simulator import LocalProvider

LOGINS = 100
BEAT = 0.001  # seconds


async def _heartbeat(pauses: list[float]) -> None:
    while True:
        started = time.perf_counter()
        await asyncio.sleep(BEAT)
        pauses.append(time.perf_counter() - started - BEAT)


async def main() -> None:
    """Print the figures."""
    provider, pauses = LocalProvider(), list[float]()
    async with skill_beside(provider.app) as (onboarding, _):
        await flow(provider, onboarding, "warm-up")
        heart = asyncio.create_task(_heartbeat(pauses))
        await asyncio.sleep(0.1)
        idle = max(pauses)
        pauses.clear()
        await asyncio.gather(*(flow(provider, onboarding, f"user-{number}") for number in range(LOGINS)))
        heart.cancel()
    pauses.sort()
    p99 = pauses[int(len(pauses) * 0.99)]
    worst, usual, alone = (f"{seconds * 1000:.0f} ms" for seconds in (pauses[-1], p99, idle))
    print(f"event loop under {LOGINS} concurrent logins, skill and provider in one process (aim: 50 ms at most):")
    print(f"  worst pause {worst}, 99th percentile {usual}; without logins {alone}")


if __name__ == "__main__":
    asyncio.run(main())
