"""Codex's own login file, written only when a login is handed over to it (openai-codex-protocol.md, section 11)."""

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from skill.errors import StorageError
from skill.handover import Handover, Handovers
from skill.message import Owner
from skill.oauth import wire
from skill.oauth.credential import Credential
from skill.secret import reveal
from skill.stores.files import replace_file

KEEPER = "Codex"
NAME = "auth.json"
NOBODY = SecretStr("")
LARGEST = 1024 * 1024  # bytes; no login file comes near


async def export(handovers: Handovers, owner: Owner, folder: Path, replace: bool = False) -> tuple[Path, Handover]:
    """Move a login into `folder`/auth.json; `replace` allows to overwrite somebody else's login there.

    Raises `StorageError`, with nothing changed: also where the file can't be written, for then the tokens reached
    nobody and the login comes back.
    """
    path = folder / NAME
    found = _found(path)
    handover = await handovers.take(owner, KEEPER, lambda login: _may_write(path, found, login, replace))
    try:
        _write(path, _content(handover))
    except OSError as fault:
        if _holds(path, handover.refresh_token):  # the error came after the file was in place
            return path, handover
        await handovers.give_back(owner, handover)
        raise StorageError(f"{path} can't be written: {fault.strerror}. The login stays here.") from None
    return path, handover


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(path, content)


def _found(path: Path) -> dict[str, Any] | None:
    """What is there: None for no file, an empty object for one that can't be understood."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise StorageError(f"{path} is a link, or can't be read ({fault.strerror}). Look what it is first.") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise StorageError(f"{path} is not a regular file. Look what it is first.")
    with os.fdopen(handle, "rb") as file:
        content = file.read(LARGEST)
    try:
        parsed = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _may_write(path: Path, found: dict[str, Any] | None, login: Credential, replace: bool) -> None:
    if login.id_token is None:
        raise StorageError("This login has no id token, which Codex needs. Sign in again, and then hand it over.")
    if found is None or replace:
        return
    theirs = _tokens(found)
    told = wire.claims(theirs.get("id_token"))
    # A workspace's members share its account id.
    same = (reveal(theirs.get("account_id", NOBODY)), told.email) == (login.account_id, login.email)
    if not same or found.get("OPENAI_API_KEY"):
        raise StorageError(f"{path} holds another login or an API key. Add --replace to overwrite it.")


def _tokens(found: dict[str, Any]) -> dict[str, SecretStr]:
    tokens = found.get("tokens")
    return {k: SecretStr(v) for k, v in tokens.items() if isinstance(v, str)} if isinstance(tokens, dict) else {}


def _holds(path: Path, refresh_token: SecretStr) -> bool:
    """Whether the tokens have arrived after all."""
    try:
        return _tokens(_found(path) or {}).get("refresh_token") == refresh_token
    except StorageError:
        return False


def _content(login: Handover) -> bytes:
    tokens = {
        "id_token": reveal(login.id_token) if login.id_token else "",
        "access_token": reveal(login.access_token),
        "refresh_token": reveal(login.refresh_token),
        "account_id": login.account_id,
    }
    refreshed = (login.rotated_at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    # Without `last_refresh` Codex takes the file for one that has no tokens; a null key is normal.
    auth = {"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": tokens, "last_refresh": refreshed}
    return json.dumps(auth, indent=2).encode() + b"\n"
