"""Sealing what is stored: AES-256-GCM per record, bound to its place so that no two records can be swapped."""

import base64
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from skill.errors import StorageError
from skill.secret import reveal
from skill.settings import Settings
from skill.stores.files import private_file, private_folder

KEY_FILE = "key"
_FORMAT = b"\x01"
_NONCE = 12  # bytes, as NIST SP 800-38D recommends


class DamagedError(Exception):
    """A record that this key can't open: altered, cut, or out of its place."""


class Vault:
    """Seals and opens records with one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

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


def open_vault(settings: Settings) -> Vault:
    """With the key from the settings, else from the data folder's key file, made on first use."""
    if settings.key:
        return Vault(base64.b64decode(reveal(settings.key)))
    return Vault(_key_file(private_folder(settings.home) / KEY_FILE))


def _key_file(path: Path) -> bytes:
    try:
        key = base64.b64decode(private_file(path, base64.b64encode(os.urandom(32))).read_bytes(), validate=True)
    except (OSError, ValueError):
        key = b""
    if len(key) != 32:
        raise StorageError(
            f"{path} holds no usable key. Restore it from a backup; without it the stored logins can't be read."
        )
    return key
