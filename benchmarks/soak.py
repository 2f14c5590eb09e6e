"""Many whole flows, one after the other, in one process: memory, file handles and table sizes. `--flows N`."""

import argparse
import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from benchmarks.kit import flow, resident, said, skill_beside
from skill.simulator import LocalProvider
from skill.stores.engines import DATABASE_FILE

STEPS = 5


def _told(flows: int, home: Path) -> None:
    handles = len(list(Path("/proc/self/fd").iterdir()))
    with sqlite3.connect(home / DATABASE_FILE) as database:
        tables = ("sessions", "credentials", "receipts", "trail", "set_aside")
        rows = ", ".join(f"{database.execute(f'SELECT count(*) FROM {t}').fetchone()[0]} {t}" for t in tables)
    size = (home / DATABASE_FILE).stat().st_size / 1e6
    print(f"  after {flows:>6} flows: {resident():.0f} MB, {handles} handles, {size:.1f} MB on disk, rows: {rows}")


async def main(flows: int = 250) -> None:
    """Print the figures. Each person signs in, is connected, and logs out."""
    print(f"soak of {flows} flows:")
    provider = LocalProvider()

    async def latest(*request: Any) -> None:
        await provider.app(*request)

    async with skill_beside(latest) as (onboarding, home):
        for number in range(1, flows + 1):
            if number % 50 == 0:  # what grows must be ours: a provider remembers everybody
                provider = LocalProvider()
            await flow(provider, onboarding, f"user-{number}")
            await onboarding.handle(said(f"user-{number}", 3, "log out of ChatGPT"))
            if number % (flows // STEPS) == 0:
                _told(number, home)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flows", type=int, default=10_000)
    asyncio.run(main(**vars(parser.parse_args())))
