"""Memory over many conversations that pass through: the skill keeps nothing of them. `--conversations N`."""

import argparse
import asyncio

from benchmarks.kit import resident, said, skill_beside
from intents import read
from skill.simulator import LocalProvider

# None in every reading; a short answer ("no way") costs a read of what is stored.
TEXTS = ("the train is late again", "can you summarise this page for me?", "中午吃什么", "哈哈哈")


async def main(conversations: int = 100_000) -> None:
    """Print the figures."""
    assert all(read(text).silent for text in TEXTS)
    async with skill_beside(LocalProvider().app) as (onboarding, home):
        for number in range(1000):
            await onboarding.handle(said(f"warm-up-{number}", 1, TEXTS[number % len(TEXTS)]))
        before = resident()
        for number in range(conversations):
            await onboarding.handle(said(str(number), 1, TEXTS[number % len(TEXTS)]))
        grown, files = resident() - before, len(list(home.iterdir()))
    print(f"memory: {conversations:,} distinct conversations passed through, {grown:+.1f} MB (aim: within 20 MB)")
    print(f"  files the store made: {files}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=1_000_000)
    asyncio.run(main(**vars(parser.parse_args())))
