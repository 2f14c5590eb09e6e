"""The plugin for OpenClaw, which is JavaScript in a process of its own."""

import asyncio
import json
import os
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from benchmarks.kit import Clock
from skill import Onboarding, Settings
from skill.runtimes.service import build, in_thread, listen

SCRIPT = Path(__file__).with_suffix(".js")
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"


@asynccontextmanager
async def openclaw(settings: Settings, texts: Sequence[str]) -> AsyncIterator[dict[str, Clock]]:
    """By name, how long a message takes; nothing where node is missing."""
    node = shutil.which("node")
    if node is None:
        print("OpenClaw: not measured, for node is missing")
        yield {}
        return
    signed = settings.model_copy(update={"webhook_secret": SecretStr(SECRET)})
    with in_thread(build(Onboarding(signed)), listen(signed, "127.0.0.1", 0)) as url:
        given = {"PATH": os.environ["PATH"], "SERVICE_URL": url, "SECRET": SECRET}
        process = await asyncio.create_subprocess_exec(node, SCRIPT, stdin=PIPE, stdout=PIPE, env=given)
        assert process.stdin
        process.stdin.write(f"{json.dumps(texts)}\n".encode())
        try:
            yield {"own": _clock(process, "own"), "trip": _clock(process, "trip")}
        finally:
            process.stdin.close()
            await process.wait()


def _clock(process: Process, manner: str) -> Clock:
    async def played() -> float:
        assert process.stdin and process.stdout
        process.stdin.write(f"{manner}\n".encode())
        return float(await process.stdout.readline())

    return played
