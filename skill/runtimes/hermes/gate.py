"""The message hook and the slash command behind it."""

import asyncio
import dataclasses
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from intents import Label, read
from skill.core.replies import catalogue, pick_language
from skill.core.states import State
from skill.message import Message
from skill.runtimes.hermes.engine import Engine
from skill.runtimes.hermes.keeper import PROVIDER, Keeper
from skill.runtimes.hermes.seats import Recent, Seats, message_of

COMMAND = "openai-oauth"
LASTS = 30.0  # seconds; a stranger's token is never spent
_PASSED_ON = "chatgpt_codex_onboarding_passed_on"
_MODEL = re.compile(rf"/model\s+{PROVIDER}/([\w.-]+)((?:\s+--(?:global|session))*)")
_AT_REST = frozenset({State.IDLE, State.CONNECTED})

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Held:
    """A message on its way through the host's own authorisation."""

    message: Message
    event: Any
    gateway: Any
    until: float


class Gate:
    """Rewrites what may be ours to our own command, and gives back to the model what turns out not to be."""

    def __init__(self, engine: Engine, seats: Seats, keeper: Keeper, now: Callable[[], float] = time.monotonic) -> None:
        self._engine, self._seats, self._keeper, self._now = engine, seats, keeper, now
        self._held: Recent[Held] = Recent()
        self._tasks: set[asyncio.Task[None]] = set()

    def on_message(self, *, event: Any, gateway: Any = None, **_: Any) -> dict[str, str] | None:
        """The hook: no I/O, and it never raises, for then the host would give the message to its model."""
        try:
            return self._judge(event, gateway)
        except Exception as error:  # noqa: BLE001
            log.error("a message was dropped: %s", type(error).__name__)  # its words may be a secret
            return {"action": "skip", "reason": "chatgpt-codex-onboarding failed"}

    async def on_command(self, raw: str) -> str | None:
        """The command, for which the host has authorised the person by now. It never raises either."""
        held = self._take(raw.strip())
        if held is None:
            return catalogue("en").text("in_words")
        try:
            reply = await self._engine.ask(lambda onboarding: onboarding.handle(held.message))
            self._seats.note(held.message, answer_due=reply is not None and reply.state not in _AT_REST)
            if reply and reply.state is State.CONNECTED:
                await self._keeper.take(held.message)
        except Exception as error:  # noqa: BLE001
            log.error("a message was not handled: %s", type(error).__name__)
            return catalogue(pick_language(read(held.message.text).language)).text("try_again")
        if reply is None or (reply.handoff and not reply.sensitive):
            self._pass_on(held)
        return "\n\n".join(filter(None, [reply.text, *reply.notes])) if reply else None

    def _judge(self, event: Any, gateway: Any) -> dict[str, str] | None:
        message, passed_on = message_of(event), bool(event.metadata.get(_PASSED_ON))
        self._seats.take(event, message, for_model=message.text if passed_on or not message.original else "")
        if passed_on or not message.original:
            return None
        if message.text.lstrip().startswith("/"):
            return _in_the_hosts_words(message.text)
        reading = read(message.text)
        if reading.silent:
            return None
        if reading.classify(None).label is Label.NONE and not self._seats.may_answer_us(message):
            return None
        token = secrets.token_urlsafe(16)
        self._held[token] = Held(message, event, gateway, self._now() + LASTS)
        return {"action": "rewrite", "text": f"/{COMMAND} {token}"}

    def _take(self, token: str) -> Held | None:
        held = self._held.pop(token, None)
        return held if held and self._now() < held.until else None

    def _pass_on(self, held: Held) -> None:
        """Hand the message in again, marked: a command's answer can't be "let the model have it"."""
        event = dataclasses.replace(held.event, metadata={**held.event.metadata, _PASSED_ON: True})
        adapter = held.gateway.adapters[event.source.platform]
        task = asyncio.get_running_loop().create_task(_after(asyncio.current_task(), adapter.handle_message, event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _after(turn: "asyncio.Task[Any] | None", hand_in: Callable[[Any], Awaitable[None]], event: Any) -> None:
    """When the command's turn is over: what comes while one runs would interrupt it."""
    if turn:
        await asyncio.wait({turn}, timeout=LASTS)
    await hand_in(event)


def _in_the_hosts_words(command: str) -> dict[str, str] | None:
    """`/model openai-codex/gpt-5-codex`, as our replies have it; the host wants the provider named apart."""
    found = _MODEL.fullmatch(command.strip())
    return {"action": "rewrite", "text": f"/model {found[1]} --provider {PROVIDER}{found[2]}"} if found else None
