"""What could be seen of one step."""

from dataclasses import dataclass, field
from typing import Any

from skill.message import Reply
from skill.testing.keys import keys_of


@dataclass(frozen=True, slots=True)
class Seen:
    """What the skill answered and the provider was asked; `replies` is None where nobody spoke to the skill."""

    replies: list[Reply | None] | None
    asked: list[str]
    logins: int
    answer: dict[str, Any] | None = None  # the tool's
    impossible: str | None = None  # why the step couldn't happen
    user_code: str = field(default="", repr=False)
    verification_url: str = ""

    @property
    def reply(self) -> Reply | None:
        """The last reply."""
        return self.replies[-1] if self.replies else None

    @property
    def says(self) -> str:
        """How a script would put it: keys, or the way of being silent; `text` where no key fits."""
        if not self.replies:
            return "waits"
        if self.reply is None:
            return "passes through"
        return " ".join(keys_of(self.reply)) or ("text" if self.reply.text else "says nothing")
