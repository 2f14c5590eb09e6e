"""Who writes from where: a message of the host's as one of ours, and the same again for a tool call of its model."""

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Generic, TypeVar

from skill.message import Message

Value = TypeVar("Value")
MOST = 10_000


class Recent(dict[Any, Value], Generic[Value]):
    """A dict that forgets what was put in longest ago."""

    def __setitem__(self, key: Any, value: Value) -> None:
        self.pop(key, None)
        super().__setitem__(key, value)
        if len(self) > MOST:
            del self[next(iter(self))]


def message_of(event: Any) -> Message:
    """The host's event in our form. A Slack user id is unique within a workspace only, so that is in the account."""
    source = event.source
    scope = [part for part in (source.profile, source.scope_id or source.guild_id) if part]
    thread = f"#{source.thread_id}" if source.thread_id else ""
    sent_at = event.timestamp if event.timestamp and event.timestamp.tzinfo else None  # else it is of unknown zone
    return Message(
        message_id=event.message_id or source.message_id,
        conversation_id=f"{source.chat_id}{thread}",
        user_id=source.user_id,
        text=event.text or "",
        private=source.chat_type == "dm",
        platform=source.platform.value,
        account="/".join(scope),
        sent_at=sent_at,
        original=not source.is_bot,
    )


@dataclass
class Seat:
    """One person in one conversation, as of their newest message."""

    message: Message  # its text left out
    for_model: str = field(default="", repr=False)  # words about a sign-in that the model may have


class Seats:
    """What the model's calls don't tell: whether the room is private, and which workspace it is in.

    Kept from the person's own messages. A call for somebody who was never seen has no seat, and gets nothing.
    """

    def __init__(self) -> None:
        self._seats: Recent[Seat] = Recent()
        self._at_rest: Recent[bool] = Recent()  # conversations in which nothing of ours waits for an answer

    def take(self, event: Any, message: Message, for_model: str = "") -> None:
        """Remember the newest message of this person here."""
        source = event.source
        key = self._key(message.platform, source.profile, source.chat_id, source.thread_id, source.user_id)
        self._seats[key] = Seat(message.model_copy(update={"text": ""}), for_model)

    def current(self) -> Seat | None:
        """For whom the host's model works at this moment, by the host's own context variables."""
        said = import_module("gateway.session_context").get_session_env
        names = ("PLATFORM", "PROFILE", "CHAT_ID", "THREAD_ID", "USER_ID")
        return self._seats.get(self._key(*(said(f"HERMES_SESSION_{name}", "") for name in names)))

    def may_answer_us(self, message: Message) -> bool:
        """Whether a "done" or "yes" could be said to us. After a restart, asking the store once tells."""
        return message.private and message.owner is not None and _where(message) not in self._at_rest

    def note(self, message: Message, answer_due: bool) -> None:
        """What a reply of ours or a call of the model's has brought about."""
        if answer_due:
            self._at_rest.pop(_where(message), None)
        else:
            self._at_rest[_where(message)] = True

    @staticmethod
    def _key(*parts: object) -> tuple[str, ...]:
        return tuple(str(part or "") for part in parts)


def _where(message: Message) -> tuple[str, str]:
    return (message.owner.key if message.owner else "", message.conversation_id)
