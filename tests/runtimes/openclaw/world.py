"""A real OpenClaw gateway on loopback: its own Telegram channel before a Bot API of ours, a canary for a model, and the
plugin before the service, which asks the local provider."""

import asyncio
import json
import os
import re
import socket
import sys
import time
from asyncio.subprocess import Process
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import IO, Any, Self

from aiohttp import web

from skill import Onboarding, Settings
from skill.runtimes.service import build, in_thread, listen
from skill.simulator import LocalProvider, serve_in_thread

from ...proofs.kit import leaks
from ..client import SECRET
from ..hermes.canary import Canary
from ..kit import TELEGRAM_ANSWERS, Json, PlatformApi

ROOT = Path(__file__).parents[3]
PATIENCE = 120.0  # seconds; a gateway takes half a minute to come up, and a turn a few seconds
KNOWN = ("7", "8")  # whom the bot lets in
MODEL = {"id": "canary", "name": "canary", "contextWindow": 128_000, "maxTokens": 1_000}


class World:
    """People write to a bot, and read what it is told to show."""

    def __init__(self, installed: Path, home: Path) -> None:
        modules = installed / "node_modules"
        self._commands = [modules / ".bin", modules / "node/bin", Path(sys.executable).parent]
        self._home, self._open = home, AsyncExitStack()
        self._numbers = count(1)
        self.canary, self.provider = Canary(), LocalProvider()

    async def __aenter__(self) -> Self:
        self._updates = asyncio.Queue[Json]()
        enter = self._open.enter_context
        enter(self.canary)
        served = enter(serve_in_thread(self.provider))
        settings = Settings(
            home=self._home / "skill", issuer=served.issuer, backend_url=served.backend_url, webhook_secret=SECRET
        )
        service = enter(in_thread(build(Onboarding(settings)), listen(settings, "127.0.0.1", 0)))
        answers = defaultdict[str, Any](lambda: {"ok": True, "result": True}, TELEGRAM_ANSWERS)
        answers["getUpdates"] = self._polled
        self.api = PlatformApi(answers, {})
        telegram = await self._open.enter_async_context(self.api.listening())
        self._furnish(telegram.rstrip("/"))
        self._surroundings = {
            "PATH": os.pathsep.join([*map(str, self._commands), os.environ["PATH"]]),
            "HOME": str(self._home),
            "OPENCLAW_STATE_DIR": str(self._home),
            "OPENCLAW_CONFIG_PATH": str(self._home / "openclaw.json"),
            "CODEX_ONBOARDING_SERVICE_URL": service,
            "CODEX_ONBOARDING_WEBHOOK_SECRET": SECRET,
        }
        await self._install()
        await self._open.enter_async_context(self._gateway())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def _polled(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"ok": True, "result": [await self._updates.get()]})

    def _furnish(self, telegram: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        canary = {"baseUrl": self.canary.url, "apiKey": "none", "api": "openai-completions", "models": [MODEL]}
        config = {
            "gateway": {"mode": "local", "port": port, "bind": "loopback", "auth": {"mode": "token", "token": "t"}},
            "models": {"providers": {"canary": canary}},
            "agents": {"defaults": {"model": {"primary": "canary/canary"}, "skipBootstrap": True}},
            "channels": {
                "telegram": {
                    "botToken": "42:loopback",
                    "apiRoot": telegram,
                    "dmPolicy": "pairing",
                    "allowFrom": KNOWN,
                    "groupPolicy": "open",
                    "groups": {"*": {"requireMention": False}},
                    "streaming": {"mode": "off"},
                }
            },
        }
        (self._home / "openclaw.json").write_text(json.dumps(config), encoding="utf-8")

    @asynccontextmanager
    async def _gateway(self) -> AsyncIterator[None]:
        with (self._home / "gateway.log").open("wb") as log:
            process = await self._run("exec openclaw gateway run", log)
            try:
                yield
            finally:
                if process.returncode is None:
                    process.terminate()
                await process.wait()

    async def _install(self) -> None:
        """The page's own commands."""
        page = (ROOT / "docs/runtimes/openclaw.md").read_text(encoding="utf-8")
        commands = re.findall(r"^openclaw (?:plugins|config) .*", page, re.M)
        with (self._home / "install.log").open("wb") as log:
            process = await self._run(" && ".join(commands), log)
            assert await process.wait() == 0, (self._home / "install.log").read_text(encoding="utf-8")

    async def _run(self, command: str, log: IO[bytes]) -> Process:
        return await asyncio.create_subprocess_shell(
            command, env=self._surroundings, cwd=self._home, stdout=log, stderr=log
        )

    # What people do.

    def message(self, text: str, who: int = 7, **changes: Any) -> Json:
        """A new message in a private chat with the bot, as Telegram describes it."""
        number = next(self._numbers)
        person = {"id": who, "is_bot": False, "first_name": "Ana"}
        message = {"message_id": number, "date": int(time.time()), "chat": {"id": who, "type": "private"}}
        return {"update_id": number, "message": message | {"from": person, "text": text} | changes}

    async def say(self, text: str, who: int = 7, **changes: Any) -> str:
        """One message, and the next thing that is shown to anybody."""
        return await self.hear(self.message(text, who, **changes))

    async def hear(self, *updates: Json) -> str:
        """These updates, and the next thing that is shown to anybody."""
        for update in updates:
            await self._updates.put(update)
        async with asyncio.timeout(PATIENCE):
            return (await self.api.shown.get()).text

    @property
    def code(self) -> str:
        """The newest."""
        return self.provider.codes[-1].user_code

    def leaks(self, *more: str) -> list[str]:
        """Where secrets and codes stand in a body that the model was given."""
        codes = [code.user_code for code in self.provider.codes]
        return leaks([*self.provider.secrets(), *codes, *more], self.canary.seen)
