"""Telegram through aiogram: `dp.message.outer_middleware(OnboardingMiddleware(onboarding))`; docs/runtimes/telegram.md.

An outer middleware, for an inner one runs only after some handler's filter has matched.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from skill.message import Message, Reply
from skill.onboarding import Onboarding
from skill.runtimes.common import HANDOFF, Exchange, extra_missing, goes_on, say

try:
    from aiogram import BaseMiddleware, Bot
    from aiogram.types import LinkPreviewOptions, MessageEntity, TelegramObject, User
    from aiogram.types import Message as TelegramMessage
except ModuleNotFoundError as missing:
    raise extra_missing("telegram", missing, "aiogram", "aiohttp", "magic_filter", "aiofiles") from None

# Whatever of these is set, the words aren't what the person says here and now.
_NOT_SAID_NOW = (
    "edit_date",
    "forward_origin",
    "is_automatic_forward",
    "is_from_offline",
    "sender_business_bot",
    "via_bot",
)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class OnboardingMiddleware(BaseMiddleware):
    """Messages that the hook answers end here; all others go on to the handlers as if it were not there."""

    def __init__(self, onboarding: Onboarding) -> None:
        self._exchange = Exchange(onboarding)

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        """See the class."""
        if not isinstance(event, TelegramMessage):
            return await handler(event, data)
        reply = await self._exchange.ask(partial(_translated, event, data["bot"]))
        if reply is None:
            return await handler(event, data)
        await say(reply, partial(_send, event, reply))
        if goes_on(reply):
            return await handler(event, data | {HANDOFF: reply.handoff})
        return None


def identity(user: User | None, bot: Bot) -> dict[str, Any]:
    """Whose login it is, also for `onboarding.auth(**identity(message.from_user, bot))` in a handler."""
    return {"user_id": str(user.id) if user else None, "platform": "telegram", "account": str(bot.id)}


def conversation(event: TelegramMessage) -> str:
    """Where it is said; a topic is a conversation of its own. Tool calls by a handler's model name it as well."""
    return f"{event.chat.id}/{event.message_thread_id}" if event.is_topic_message else str(event.chat.id)


async def _translated(event: TelegramMessage, bot: Bot) -> Message:
    user = event.from_user
    said_now = not any(getattr(event, name, None) for name in _NOT_SAID_NOW)
    return Message(
        **identity(user, bot),
        message_id=str(event.message_id),
        conversation_id=conversation(event),
        text=await _words(event, bot),
        # Where somebody's customers write to them, the chat is "private" and yet not with the bot.
        private=event.chat.type == "private" and not event.business_connection_id,
        language=user.language_code if user else None,
        sent_at=event.date,
        original=said_now and not (user and user.is_bot),
    )


async def _words(event: TelegramMessage, bot: Bot) -> str:
    """The person's words, without the mention that addresses them to this bot in a group."""
    text = event.text or event.caption or ""
    if text.startswith("@"):
        addressee, _, rest = text.partition(" ")
        if addressee.rstrip(",:").lower() == f"@{(await bot.me()).username}".lower():
            return rest
    return text


async def _send(event: TelegramMessage, reply: Reply, text: str) -> None:
    """As plain text, whatever the bot's default mode would make of an e-mail address; a code is copied by a tap."""
    code = reply.user_code
    shown = [_code(text, code)] if code and code in text else None
    await event.answer(text, parse_mode=None, entities=shown, link_preview_options=_NO_PREVIEW)


def _code(text: str, code: str) -> MessageEntity:
    """Telegram counts in UTF-16 units."""
    before = text[: text.index(code)]
    return MessageEntity(type="code", offset=len(before.encode("utf-16-le")) // 2, length=len(code))
