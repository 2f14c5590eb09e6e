"""Where the key of the store comes from: the setting, else the OS keyring, else a key file (trust.md, section 3).

In that order a new key is put away. A database that exists decides itself which key is its own, by the sealed word
in it; so an earlier run's key file goes on to serve after `keyring` was installed, and a rotation that was killed
between database and key ends at the next open. Called within the transaction that opens the store: its lock keeps
two processes from putting away two keys.
"""

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from skill.errors import StorageError
from skill.secret import reveal
from skill.settings import Settings
from skill.stores.files import private_file, private_folder, replace_file
from skill.stores.keyring import SERVICE, KeyringPlace
from skill.stores.vault import SIZE, Source, Vault, as_key, as_text

KEY_FILE = "key"
CURRENT, NEXT = KEY_FILE, "key.new"  # the second holds a rotation's new key until the first has it too


class WrongKeyError(StorageError):
    """No key that can be found opens the database."""


class FilePlace:
    """Keys as 0600 files in the data folder. Raises `StorageError` and `OSError`."""

    source: Source = "file"

    def __init__(self, home: Path) -> None:
        self._home = home

    def read(self, slot: str) -> bytes | None:
        """The key, or None where there is no file. One that holds no key is named, and kept."""
        path = self._home / slot
        if not os.path.lexists(path):
            return None
        key = as_key(private_file(path).read_text("ascii", "replace"))
        if key is None:
            raise WrongKeyError(
                f"{path} holds no usable key. Restore it from a backup; without it the stored logins can't be read."
            )
        return key

    def write(self, slot: str, key: bytes) -> bool:
        """Durable before it returns."""
        replace_file(self._home / slot, as_text(key).encode())
        return True

    def made(self) -> bytes:
        """A new key, or the one that another process put there first."""
        private_file(private_folder(self._home) / CURRENT, as_text(os.urandom(SIZE)).encode())
        return self.read(CURRENT) or b""

    def remove(self, slot: str) -> None:
        """Delete the file."""
        (self._home / slot).unlink(missing_ok=True)


Place = FilePlace | KeyringPlace


def place_of(settings: Settings, source: Source) -> Place:
    """The place that a key of that source is kept in."""
    return KeyringPlace(settings.home) if source == "keyring" else FilePlace(settings.home)


def open_vault(settings: Settings, check: bytes | None) -> Vault:
    """With the key that `check` was sealed with; for a new database, which has none, a key that is there or is made.

    Raises `WrongKeyError`.
    """
    for key, source, slot in chain(_set(settings), () if settings.key else _kept(settings)):
        vault = Vault(key, source)
        if vault.fits(check) if check else slot == CURRENT:
            if slot == NEXT and source != "setting":
                _promote(place_of(settings, source), key)
            return vault
    if check or settings.key:
        raise WrongKeyError(_advice(settings))
    return _made(settings)


Found = Iterator[tuple[bytes, Source, str]]


def _set(settings: Settings) -> Found:
    """The key, and the one that it is being exchanged for."""
    for secret, slot in ((settings.key, CURRENT), (settings.new_key, NEXT)):
        key = as_key(reveal(secret)) if secret else None
        if key:
            yield key, "setting", slot


def _kept(settings: Settings) -> Found:
    """Files first: a look at them is cheap, a look into a keyring may cost time."""
    for place in (FilePlace(settings.home), KeyringPlace(settings.home)):
        for slot in (CURRENT, NEXT):
            key = place.read(slot)
            if key:
                yield key, place.source, slot


def _promote(place: Place, key: bytes) -> None:
    """A rotation's new key takes the old one's place; only then its own is cleared."""
    if place.write(CURRENT, key):
        place.remove(NEXT)


def _made(settings: Settings) -> Vault:
    key, ring = os.urandom(SIZE), KeyringPlace(settings.home)
    if ring.write(CURRENT, key):
        return Vault(key, ring.source)
    return Vault(FilePlace(settings.home).made(), FilePlace.source)


def _advice(settings: Settings) -> str:
    start = "The key doesn't fit the database; nothing was changed. "
    if settings.key:
        return start + (
            "If CODEX_ONBOARDING_KEY was exchanged, set the former key, and run `codex-onboarding keys rotate` with "
            "the new one in CODEX_ONBOARDING_NEW_KEY, for each data folder; if the database was made without "
            "that setting, unset it."
        )
    entry = KeyringPlace(settings.home).name(CURRENT)
    return start + (
        f"Set CODEX_ONBOARDING_KEY to the key that it was made with, or restore {settings.home / KEY_FILE} or the "
        f'keyring\'s entry "{SERVICE}", "{entry}"; a folder that was moved or copied leaves that behind.'
    )
