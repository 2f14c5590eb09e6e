"""How a message may come about, beside the ordinary one in a private chat: what that changes about it."""

from collections.abc import Mapping
from typing import Any

PLACES: Mapping[str, Mapping[str, Any]] = {
    "shared room": {"conversation_id": "room", "private": False},
    "another chat": {"conversation_id": "another chat"},
}
MANNERS: Mapping[str, Mapping[str, Any]] = {
    "edited": {"original": False},
    "forwarded": {"original": False},
    "from a bot": {"original": False},
    "without an id": {"message_id": None},
    "without a user": {"user_id": None},
}
CHAT_WITH = "a chat with "


def place(where: str | None) -> dict[str, Any]:
    """What this place changes: one of `PLACES`, or "a chat with Ben"."""
    if where and where.startswith(CHAT_WITH):
        return {"conversation_id": where.removeprefix("a ")}
    return dict(PLACES[where]) if where else {}
