"""A real gateway of Hermes Agent on loopback: one chat platform in memory, one model that is a canary, one provider.

Hermes reads its home folder when it is imported, so the folder is made before that, once for the process.
"""

import asyncio
import atexit
import json
import os
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import ExitStack
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, Self

from skill.simulator import LocalProvider, serve_in_thread

from .canary import Canary

PATIENCE = 30.0
PLATFORM_PLUGIN = """
from gateway.config import Platform
from gateway.platforms.base import BasePlatformAdapter, SendResult


class MemoryChat(BasePlatformAdapter):
    sent = []

    def __init__(self, config):
        super().__init__(config, Platform("memchat"))

    async def connect(self, *, is_reconnect=False):
        return True

    async def disconnect(self):
        pass

    async def send(self, chat_id, content, reply_to=None, metadata=None):
        MemoryChat.sent.append((chat_id, content))
        return SendResult(success=True, message_id=str(len(MemoryChat.sent)))

    async def get_chat_info(self, chat_id):
        return {"name": chat_id, "type": "dm"}


def register(ctx):
    ctx.register_platform(
        name="memchat",
        label="MemoryChat",
        adapter_factory=MemoryChat,
        check_fn=lambda: True,
        allowed_users_env="MEMCHAT_ALLOWED_USERS",
    )
"""


class World:
    """Everything runs on one loop of the test's; `say` waits until the gateway is at rest again."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self.canary = self._open.enter_context(Canary())
        self.provider = LocalProvider()
        served = self._open.enter_context(serve_in_thread(self.provider))
        self.home = Path(tempfile.mkdtemp(prefix="hermes-"))
        atexit.register(shutil.rmtree, self.home, ignore_errors=True)  # Hermes logs into it to the very end
        self._furnish(served.issuer, served.backend_url)
        self.runner = self._open.enter_context(asyncio.Runner())
        self._numbers = count(1)

    def __enter__(self) -> Self:
        self.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.canary.go_on.set()
        self.run(self.gateway.stop())
        self._open.close()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def _furnish(self, issuer: str, backend_url: str) -> None:
        for name in [name for name in os.environ if name.startswith("CODEX_ONBOARDING_")]:
            del os.environ[name]
        os.environ |= {
            "CODEX_ONBOARDING_TIMEOUT": "4",
            "HERMES_HOME": str(self.home),
            "HOME": str(self.home),
            "CODEX_HOME": str(self.home),  # where Hermes looks for models while chatgpt.com can't be reached
            "MEMCHAT_ALLOWED_USERS": "ana,bo,cy,dee,eve",
            "CODEX_ONBOARDING_HOME": str(self.home / "skill"),
            "CODEX_ONBOARDING_ISSUER": issuer,
            "CODEX_ONBOARDING_BACKEND_URL": backend_url,
            "HERMES_CODEX_BASE_URL": f"{backend_url}/codex",
            "OPENAI_API_KEY": "none",
            "NO_PROXY": "127.0.0.1",
        }
        models = [{"slug": slug, "priority": rank} for rank, slug in enumerate(("gpt-5-codex", "gpt-5"))]
        (self.home / "models_cache.json").write_text(json.dumps({"models": models}))
        folder = self.home / "plugins" / "memchat"
        folder.mkdir(parents=True)
        (folder / "plugin.yaml").write_text("name: memchat\nversion: 0.0.1\nkind: standalone\n")
        (folder / "__init__.py").write_text(PLATFORM_PLUGIN)
        config = {
            "model": {
                "default": "canary",
                "provider": "custom",
                "base_url": self.canary.url,
                "api_key": "none",
                "context_length": 128000,
            },
            "plugins": {
                "enabled": ["memchat", "chatgpt-codex-onboarding"],
                "entries": {"chatgpt-codex-onboarding": {"login_of": "memchat:cy"}},
            },
            "security": {"allow_lazy_installs": False},  # a test installs nothing
            "memory": {"memory_enabled": False, "user_profile_enabled": False},
        }
        (self.home / "config.yaml").write_text(json.dumps(config))  # JSON is YAML

    async def _start(self) -> None:
        import_module("hermes_cli.plugins").discover_plugins()
        # Where Hermes refreshes is the one address of a provider that it has no setting for.
        import_module("hermes_cli.auth").CODEX_OAUTH_TOKEN_URL = os.environ["CODEX_ONBOARDING_ISSUER"] + "/oauth/token"
        config = import_module("gateway.config")
        self.platform = config.Platform("memchat")
        platforms = {self.platform: config.PlatformConfig(enabled=True)}
        self.gateway = import_module("gateway.run").GatewayRunner(config.GatewayConfig(platforms=platforms))
        assert await self.gateway.start()
        self.adapter = self.gateway.adapters[self.platform]
        self._standing = asyncio.all_tasks()  # of the gateway itself

    @property
    def sent(self) -> list[tuple[str, str]]:
        return type(self.adapter).sent

    # What people do.

    def say(self, who: str | None, text: str, **fields: Any) -> list[str]:
        """One message, and what was sent to that chat because of it."""
        return self.run(self._say(who, text, **fields))

    async def _say(self, who: str | None, text: str, **fields: Any) -> list[str]:
        event = self.event(who, text, **fields)
        before = len(self.sent)
        await self.adapter.handle_message(event)
        await self.rest()
        return [content for chat, content in self.sent[before:] if chat == event.source.chat_id]

    def during(self, who: str, text: str, meanwhile: str) -> list[str]:
        """Say something while the model still works on what was said before; what was sent."""
        return self.run(self._during(self.event(who, text), self.event(who, meanwhile)))

    async def _during(self, first: Any, second: Any) -> list[str]:
        before = len(self.sent)
        self.canary.hold()
        await self.adapter.handle_message(first)
        await asyncio.to_thread(self.canary.asked.wait, PATIENCE)
        await self.adapter.handle_message(second)
        self.canary.go_on.set()
        await self.rest()
        return [content for _, content in self.sent[before:]]

    def event(self, who: str | None, text: str, **fields: Any) -> Any:
        about = {"chat_id": f"chat-{who}", "chat_type": "dm", "user_id": who, "user_name": who, **fields}
        message_id = about.pop("message_id", f"m{next(self._numbers)}")
        source = import_module("gateway.session").SessionSource(platform=self.platform, **about)
        event = import_module("gateway.platforms.base").MessageEvent
        return event(text=text, source=source, message_id=message_id)

    async def rest(self) -> None:
        """Until everything that came of the last messages is over."""
        async with asyncio.timeout(PATIENCE):
            while tasks := {task for task in asyncio.all_tasks() - self._standing if _ends(task)}:
                await asyncio.wait(tasks)

    @property
    def code(self) -> str:
        return self.provider.codes[-1].user_code

    def leaks(self) -> list[str]:
        """Secrets and codes that stand in a body which the canary saw."""
        secrets = [*self.provider.secrets(), *(code.user_code for code in self.provider.codes)]
        return [body for body in self.canary.seen for secret in secrets if secret in body]


def _ends(task: "asyncio.Task[Any]") -> bool:
    """Whether a task ends by itself: this one doesn't end before those do, and "typing …" may outlive its turn."""
    name = getattr(task.get_coro(), "__qualname__", "")
    return task is not asyncio.current_task() and not name.endswith("._keep_typing")
