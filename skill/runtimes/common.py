"""What every chat runtime does alike: ask the hook without ever breaking the bot, and say an answer once."""

import logging
import socket
from collections.abc import Awaitable, Callable

from skill.message import Message, Reply
from skill.onboarding import Onboarding

# Where a listener that is given a handed-over message finds the name of the skill that takes over.
HANDOFF = "codex_handoff"
REMEMBERED = 4096  # messages whose answer was said; a platform that delivers again does so within minutes

log = logging.getLogger(__name__)


class Exchange:
    """The hook as a runtime asks it."""

    def __init__(self, onboarding: Onboarding) -> None:
        self._onboarding = onboarding
        self._answered: dict[str, None] = {}

    async def ask(self, translate: Callable[[], Awaitable[Message]]) -> Reply | None:
        """The hook's answer, with nothing left to say where this process said it already.

        A message that can't be translated or a hook that breaks is logged and passes through: the bot goes on.
        """
        try:
            message = await translate()
            reply = await self._onboarding.handle(message)
        except Exception as fault:  # noqa: BLE001
            log.error("the hook broke, the message goes on to the bot: %s", where(fault))
            return None
        return reply and self._once(message, reply)

    def _once(self, message: Message, reply: Reply) -> Reply:
        """A message delivered again, perhaps because the process died before it could answer, is answered once."""
        key = message.key
        if key is None:
            return reply
        if key in self._answered:
            return reply.model_copy(update={"text": "", "notes": [], "handoff": None, "repeated": True})
        self._answered[key] = None
        if len(self._answered) > REMEMBERED:
            del self._answered[next(iter(self._answered))]
        return reply


async def say(reply: Reply, send: Callable[[str], Awaitable[object]]) -> None:
    """The text, then the notes. What can't be delivered is logged without its words."""
    try:
        for text in (reply.text, *reply.notes):
            if text:
                await send(text)
    except Exception as fault:  # noqa: BLE001
        log.error("an answer could not be sent: %s", where(fault))


def goes_on(reply: Reply) -> bool:
    """Whether the person's message is for another skill now (conversation.md, section 3, "Hand-off")."""
    return reply.handoff is not None and not reply.sensitive


def where(fault: BaseException) -> str:
    """What broke and where; never an exception's own text, for that may quote a message, a code or an address."""
    place = fault.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    return f"{type(fault).__name__} in {place.tb_frame.f_code.co_qualname}" if place else type(fault).__name__


def open_listener(host: str, port: int) -> socket.socket:
    """Take an address for a server; port 0 takes any free one. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.create_server((host, port), family=family)
    # Connections inherit it. asyncio sets it only where a socket names its protocol, which these don't; without it the
    # body of an answer waits 40 ms for the acknowledgement of its head.
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return taken


def extra_missing(extra: str, missing: ModuleNotFoundError, *brings: str) -> ModuleNotFoundError:
    """The one line that names the extra, if that is what brings the missing module."""
    if (missing.name or "").partition(".")[0] not in brings:
        return missing
    hint = f"skill.runtimes.{extra} needs its extra: pip install 'chatgpt-codex-onboarding[{extra}]'"
    return ModuleNotFoundError(hint, name=missing.name)
