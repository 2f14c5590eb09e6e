"""Sealing what is stored: AES-256-GCM per record, bound to its place so that no two records can be swapped."""

import base64
import os
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Source = Literal["setting", "keyring", "file"]

SIZE = 32  # bytes of a key
_FORMAT = b"\x01"
_NONCE = 12  # bytes, as NIST SP 800-38D recommends
_CHECK = "key_check"


class DamagedError(Exception):
    """A record that this key can't open: altered, cut, or out of its place."""


def as_text(key: bytes) -> str:
    """A key as it is kept: in base64."""
    return base64.b64encode(key).decode()


def as_key(text: str) -> bytes | None:
    """The key that was kept as that text; None where it is none."""
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return key if len(key) == SIZE else None


class Vault:
    """Seals and opens records with one key; `source` tells where the key is kept."""

    def __init__(self, key: bytes, source: Source) -> None:
        self._cipher, self.source = AESGCM(key), source

    def seal(self, content: bytes, place: str) -> bytes:
        """Format byte, nonce, ciphertext with tag. `place` (table, owner, …) is authenticated, not stored."""
        nonce = os.urandom(_NONCE)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, content, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """What was sealed in that very place, or `DamagedError`."""
        if sealed[:1] != _FORMAT:
            raise DamagedError(place)
        try:
            return self._cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], place.encode())
        except (InvalidTag, ValueError):
            raise DamagedError(place) from None

    def check(self) -> bytes:
        """One sealed word, kept in the database: what opens it is the database's key."""
        return self.seal(b"fits", _CHECK)

    def fits(self, check: bytes) -> bool:
        """Whether `check` was sealed with this key."""
        try:
            self.open(check, _CHECK)
        except DamagedError:
            return False
        return True
