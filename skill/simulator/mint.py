"""Where every secret comes from, so that a leak test can ask for all of them."""

import base64
import hashlib
import json
import random
import secrets
from typing import Any

# No vowels and no look-alikes: a code is read aloud and typed by hand.
_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ2346789"


def base64url(data: bytes) -> str:
    """RFC 7515 base64url: no padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636, section 4.2)."""
    return base64url(hashlib.sha256(verifier.encode()).digest())


class Mint:
    """Makes codes and tokens and remembers each one; a seed makes them the same in every run."""

    def __init__(self, seed: int | None = None) -> None:
        # A seed is for transcripts and screenshots of a provider whose secrets protect nothing.
        self._random = secrets.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311
        self._issued: set[str] = set()

    def user_code(self) -> str:
        """Four characters, a hyphen, five (protocol, section 2). Shown to people, so not a secret."""
        letters = "".join(self._random.choices(_CODE_LETTERS, k=9))
        return f"{letters[:4]}-{letters[4:]}"

    def opaque(self, prefix: str) -> str:
        """A secret without structure: device id, authorization code, verifier, refresh token."""
        return self.remember(prefix + base64url(self._random.randbytes(32)))

    def jwt(self, claims: dict[str, Any]) -> str:
        """An unsigned token of three non-empty parts; no client checks the third (section 5)."""
        claims = {**claims, "jti": base64url(self._random.randbytes(12))}
        parts = [json.dumps({"alg": "none", "typ": "JWT"}), json.dumps(claims), "unsigned"]
        return self.remember(".".join(base64url(part.encode()) for part in parts))

    def remember(self, secret: str) -> str:
        """Count this string among the secrets too."""
        self._issued.add(secret)
        return secret

    def issued(self) -> frozenset[str]:
        """Every secret ever issued."""
        return frozenset(self._issued)
