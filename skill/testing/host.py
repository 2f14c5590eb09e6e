"""A runtime with a tool of its own."""

from collections.abc import Mapping
from typing import Any


class Host:
    """A runtime with an `openai_oauth` of its own: answers what it was told to, and counts."""

    def __init__(self, answers: Mapping[str, Mapping[str, Any]]) -> None:
        self.answers, self.calls = answers, list[str]()

    async def openai_oauth(self, action: str, **_: object) -> Mapping[str, Any]:
        """The host's tool."""
        self.calls.append(action)
        return self.answers.get(action, {"ok": False, "error": "not_connected"})
