"""Where words turn up after a conversation: what was said, shown and stored (conversation.md, rules 3 and 6)."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from skill.message import Reply

Place = str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that left the skill."""

    said: list[Reply]
    shown: list[tuple[Place, str]]  # what others than the addressee may see: logs and reprs
    folder: Path

    def traces(self, words: str) -> list[Place]:
        """Where these words turn up: said, logged, shown by a repr, or in the data folder."""
        replies = [(f"a reply, {reply.state}", reply.model_dump_json()) for reply in self.said]
        return [place for place, text in [*replies, *self.shown] if words in text] + self._files_with(words)

    def leaks(self, secrets: Iterable[str], codes: list[str]) -> list[Place]:
        """Where a secret, or a user code, is that doesn't belong there; never the secret itself."""
        forms = {form for secret in secrets for form in _forms(secret)}
        found = [place for form in forms for place in self.traces(form)]
        found += [f"{place} (user code)" for place, text in self.shown for code in codes if code in text]
        return found + [f"{place} (user code)" for reply in self.said for place in _misplaced(reply, codes)]

    def _files_with(self, words: str) -> list[Place]:
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return [f"the file {path.name}" for path in files if words.encode() in path.read_bytes()]


def _forms(secret: str) -> set[str]:
    """A secret as it is, and as it looks in a URL and in base64."""
    return {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]}


def _misplaced(reply: Reply, codes: list[str]) -> list[Place]:
    """The user code belongs into the one text that shows it, and never into an address."""
    for code in codes:
        if any(code in note for note in reply.notes) or code in (reply.verification_url or ""):
            return ["a note or an address"]
        if code in reply.text and reply.user_code != code:
            return ["a text that does not show it"]
    return []
