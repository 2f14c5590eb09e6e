"""What happens beside a page: what people do in a browser, and what the reader has already."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from skill import Message, Onboarding, Settings

if TYPE_CHECKING:
    from .reader import Reader

ROOT = Path(__file__).parents[2]
# Of the sentences only a few, so that judging them anew is quick.
LEFT_OUT = shutil.ignore_patterns("__pycache__", "conversations", "corpus", "es", "zh", "unseen_*", "kinds_*", "rule_*")


def _approves(reader: Reader) -> None:
    """In the browser, at whichever provider the page speaks of."""
    control = f"{reader.environment['CODEX_ONBOARDING_ISSUER']}/_control"
    with urllib.request.urlopen(control) as looked:
        code = json.load(looked)["codes"][-1]["user_code"]
    body = json.dumps({"do": "approve", "user_code": code}).encode()
    asked = urllib.request.Request(control, body, {"content-type": "application/json"})
    with urllib.request.urlopen(asked) as answer:
        assert json.load(answer)["ok"]


async def _sign_in(reader: Reader, onboarding: Onboarding, who: str, where: str) -> None:
    for text in ("Sign in with my ChatGPT account", "done"):
        said = {"message_id": text, "conversation_id": where, "user_id": who}
        reply = await onboarding.handle(Message(text=text, private=True, **said))
        if reply and reply.user_code:
            reader.served.provider.approve(reply.user_code)


def _at_the_terminal(reader: Reader) -> None:
    """Whoever types here, as `codex-onboarding chat` knows them."""

    async def connect() -> None:
        issuer, backend = reader.served.issuer, reader.served.backend_url
        settings = Settings(home=reader.folder / "home", issuer=issuer, backend_url=backend)
        async with Onboarding(settings) as onboarding:
            await _sign_in(reader, onboarding, "me", "terminal")

    reader.runner.run(connect())


def _in_a_bot(reader: Reader) -> None:
    """In the bot that the page made."""
    reader.runner.run(_sign_in(reader, reader.names["onboarding"], "ana", "c"))


def _clone(reader: Reader) -> None:
    """The reader stands in one."""
    shutil.copytree(ROOT / "intents", reader.folder / "intents", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests", reader.folder / "tests", ignore=LEFT_OUT)
    shutil.copy(ROOT / "pyproject.toml", reader.folder)


GIVEN: dict[str, Callable[[Reader], None]] = {
    "the code was approved in the browser": _approves,
    "somebody is connected": _at_the_terminal,
    "Ana signed in with this bot": _in_a_bot,
    "a clone of the repository": _clone,
}
