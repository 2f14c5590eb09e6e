"""Bearer tokens for the server over HTTP, each with its person, from a file of the operator's."""

import hashlib
import json
import stat
from pathlib import Path

from mcp.server.auth.provider import AccessToken

SHORTEST = 32  # characters; `openssl rand -hex 32` makes 64


class TokenFileError(ValueError):
    """The file can't be used; the message says why and repeats nothing of it."""


class Tokens:
    """A `TokenVerifier`. It keeps digests, which are looked up: the time that takes tells nothing of a token."""

    def __init__(self, people: dict[str, str]) -> None:
        self._people = {_digest(token): name for name, token in people.items()}

    @classmethod
    def read(cls, path: Path) -> "Tokens":
        """From a JSON object, name to token, that nobody but its owner can read. Raises `TokenFileError`, `OSError`."""
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise TokenFileError("others can read it; say: chmod 600")
        try:
            people = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            people = None
        if not isinstance(people, dict) or not people or not all(people):
            raise TokenFileError('it must be a JSON object such as {"ana": "<token>"}')
        tokens = list(people.values())
        if not all(isinstance(token, str) and len(token) >= SHORTEST for token in tokens):
            raise TokenFileError(f"each token must be a string of {SHORTEST} characters or more")
        if len(set(tokens)) < len(tokens):
            raise TokenFileError("two people have the same token")
        return cls(people)

    async def verify_token(self, token: str) -> AccessToken | None:
        """Whose token it is; None for a token of nobody."""
        name = self._people.get(_digest(token))
        return AccessToken(token=token, client_id=name, scopes=[]) if name else None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
