"""Slack through Bolt: `app.use(OnboardingMiddleware(onboarding, app))`; docs/runtimes/slack.md.

Slack wants an acknowledgement within 3 seconds and delivers again where none comes, so nothing here waits for a
provider or for Slack itself: what takes longer goes on in the background.
"""

import asyncio
import html
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Self

from skill.message import Message, Reply
from skill.onboarding import Onboarding
from skill.runtimes.common import HANDOFF, Exchange, extra_missing, goes_on, say
from skill.tasks import Tasks

try:
    from slack_bolt.async_app import AsyncApp
    from slack_bolt.context.base_context import BaseContext
    from slack_bolt.middleware.async_middleware import AsyncMiddleware
    from slack_bolt.request.async_request import AsyncBoltRequest
    from slack_bolt.response import BoltResponse
except ModuleNotFoundError as missing:
    raise extra_missing("slack", missing, "slack_bolt", "slack_sdk", "aiohttp") from None

IN_LINE = 1.0  # seconds for the hook; a message that is not ours takes one read of the store at most

_DECIDED = "codex_decided"  # in the context of a request that passes here for the second time
_OWN_WORDS = {None, "file_share", "thread_broadcast"}  # subtypes of what a person writes themselves
_LINK = re.compile(r"<(?:[^<>|]*\|)?([^<>|]*)>")
_SKIN_TONE = re.compile(r":skin-tone-\d:")
# Slack spells out what people type as a sign.
_SIGNS = {
    ":+1:": "👍",
    ":thumbsup:": "👍",
    ":ballot_box_with_check:": "☑",
    ":heavy_check_mark:": "✔",
    ":ok:": "🆗",
    ":ok_hand:": "👌",
    ":white_check_mark:": "✅",
}


class OnboardingMiddleware(AsyncMiddleware):
    """Messages that the hook answers end here; all others go on to the listeners as if it were not there.

    Use it as an async context manager, or call `close`: answers that are under way are then finished.
    """

    def __init__(self, onboarding: Onboarding, app: AsyncApp) -> None:
        self._app = app
        self._exchange, self._tasks = Exchange(onboarding), Tasks()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Wait for the answers that are under way."""
        await self._tasks.close()

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        """Bolt's door: goes on by `next`, or ends with a response of its own (without either Bolt answers 404)."""
        event = req.body.get("event")
        if _DECIDED in req.context or not event or event.get("type") not in ("message", "app_mention"):
            return await next()
        turn = self._tasks.begin(self._exchange.ask(partial(_translated, req)))
        await asyncio.sleep(0)  # enough for ordinary traffic, and cheaper than a timer for each message
        if not turn.done():
            await asyncio.wait({turn}, timeout=IN_LINE)
        if turn.done() and turn.result() is None:
            return await next()
        self._tasks.begin(self._answer(req, turn))
        return BoltResponse(status=200, body="")

    async def _answer(self, req: AsyncBoltRequest, turn: asyncio.Task[Reply | None]) -> None:
        """In the background, the request being acknowledged."""
        reply = await turn
        if reply:
            await say(reply, partial(_post, req))
        if reply is None or goes_on(reply):
            await self._app.async_dispatch(_again(req, reply))


def identity(context: BaseContext) -> dict[str, Any]:
    """Whose login it is, also for `onboarding.auth(**identity(context))` in a listener.

    User ids are unique within an organisation, and within a workspace that belongs to none. The actor is right for
    guests from elsewhere too, and None where Slack itself isn't sure who it is.
    """
    account = context.actor_enterprise_id or context.actor_team_id or ""
    return {"user_id": context.actor_user_id, "platform": "slack", "account": account}


def conversation(event: dict[str, Any]) -> str:
    """Where it is said; a thread is a conversation of its own. Tool calls by a listener's model name it as well."""
    channel, thread = event["channel"], event.get("thread_ts")
    return f"{channel}/{thread}" if thread else str(channel)


def _again(req: AsyncBoltRequest, reply: Reply | None) -> AsyncBoltRequest:
    """The same request: Bolt's chain can't be taken up where it ended, so it runs anew and passes here."""
    return AsyncBoltRequest(
        body=req.raw_body if req.mode == "http" else req.body,
        query=req.query,
        headers=req.headers,
        context={_DECIDED: True, HANDOFF: reply and reply.handoff},
        mode=req.mode,
    )


async def _translated(req: AsyncBoltRequest) -> Message:
    event, context = req.body["event"], req.context
    return Message(
        **identity(context),
        conversation_id=conversation(event),
        # One post may come as `message` and as `app_mention`: two events, one `ts`.
        message_id=event.get("ts") or event.get("client_msg_id") or req.body.get("event_id"),
        text=_words(event.get("text") or "", context.bot_user_id),
        private=_private(event),
        sent_at=datetime.fromtimestamp(float(event["ts"]), UTC) if event.get("ts") else None,
        original=_original(event),
    )


def _private(event: dict[str, Any]) -> bool:
    """`app_mention` has no channel type, and never comes from a direct message."""
    return event.get("channel_type") == "im"


def _original(event: dict[str, Any]) -> bool:
    by_a_bot = event.get("bot_id") or event.get("user") == "USLACKBOT"
    return event.get("subtype") in _OWN_WORDS and not by_a_bot and not event.get("edited")


def _words(text: str, bot_user_id: str | None) -> str:
    """The person's words, without the mention that addresses them to this bot and without Slack's markup."""
    mention = f"<@{bot_user_id}>"
    if text.startswith(mention):
        text = text.removeprefix(mention).lstrip(" ,:")
    text = _SKIN_TONE.sub("", _LINK.sub(r"\1", text))
    for name, sign in _SIGNS.items():
        text = text.replace(name, sign)
    return html.unescape(text)


async def _post(req: AsyncBoltRequest, text: str) -> None:
    """Into the thread it came from; in a shared room for the person's eyes only. Links show no preview."""
    event, client = req.body["event"], req.context.client
    assert client  # noqa: S101
    place = {"channel": event["channel"], "thread_ts": event.get("thread_ts"), "text": html.escape(text, quote=False)}
    if _private(event) or not event.get("user"):
        await client.chat_postMessage(**place, unfurl_links=False, unfurl_media=False)
    else:
        await client.chat_postEphemeral(**place, user=event["user"])
