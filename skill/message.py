"""What a chat runtime hands in and gets back (conversation.md, section 8)."""

import hashlib
import json
from dataclasses import dataclass
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from skill.core.states import State


@dataclass(frozen=True, slots=True)
class Owner:
    """Who everything belongs to: the user as one account of one platform knows them (trust.md, section 3)."""

    platform: str
    account: str
    user_id: str

    @property
    def key(self) -> str:
        """A name of fixed width that no other owner can have, whatever characters the ids hold."""
        return digest(self.platform, self.account, self.user_id)


class Keyed(Protocol):
    """An owner, or what is left of one in the store: the key."""

    @property
    def key(self) -> str: ...


@dataclass(frozen=True, slots=True)
class OwnerKey:
    """An owner known by key alone."""

    key: str


def digest(*ids: str) -> str:
    """SHA-256 over the ids as a JSON array, so that `a:b` + `c` and `a` + `b:c` differ; 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(ids).encode("ascii")).hexdigest()


class Message(BaseModel):
    """One incoming message. `private` is required; a room of unknown kind is not private.

    Raises `pydantic.ValidationError` for missing or mistyped fields, without repeating the input.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True, hide_input_in_errors=True)

    message_id: str | None = None  #: unique within (platform, account, conversation_id)
    conversation_id: str
    user_id: str | None = None
    text: str = Field(repr=False)  #: may carry a pasted key
    private: bool
    platform: str = ""
    account: str = ""
    language: str | None = None  #: a hint such as "zh-TW"
    sent_at: AwareDatetime | None = None
    original: bool = True  #: false for edits, forwards and messages of bots

    @property
    def owner(self) -> Owner | None:
        """None when the runtime can't say who is writing."""
        return Owner(self.platform, self.account, self.user_id) if self.user_id else None

    @property
    def key(self) -> str | None:
        """The name under which this message is claimed, or None when it can't be told from another."""
        if not self.message_id or not self.user_id:
            return None
        return digest(self.platform, self.account, self.user_id, self.conversation_id, self.message_id)


class Reply(BaseModel):
    """What to send. An empty `text` means: handled, say nothing. Its repr holds no text, for that may hold a code."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(repr=False)
    notes: list[str] = Field(default_factory=list, repr=False)  #: sent after the text
    state: State
    language: str
    handoff: str | None = None  #: the skill that takes over; give it the message unless `sensitive`
    models: list[str] = Field(default_factory=list)  #: for the runtime's model selector
    repeated: bool = False  #: the same message came again
    sensitive: bool = False  #: keep the person's message from logs and models
    verification_url: str | None = None  #: for copy buttons, while the code is shown
    user_code: str | None = Field(default=None, repr=False)

    def again(self, code_dead: bool) -> "Reply":
        """The stored reply for a message that was delivered again; one whose code is dead says nothing."""
        if self.user_code is None or not code_dead:
            return self.model_copy(update={"repeated": True})
        silent: dict[str, object] = {"text": "", "notes": [], "verification_url": None, "user_code": None}
        return self.model_copy(update={"repeated": True, **silent})
