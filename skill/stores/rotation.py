"""Exchanging the key: every record sealed anew in one transaction (trust.md, section 3: key rotation).

The new key is put away durably beside the old one before the database is committed. Killed at any point, the database
and one of the two keys fit, and the next open finds which. Other processes notice at their next read.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, Table, bindparam, select, update

from skill.errors import StorageError
from skill.secret import reveal
from skill.settings import Settings
from skill.stores.keys import NEXT, place_of
from skill.stores.migrations import credentials, key_check, receipts, sessions
from skill.stores.sql import SqlStore, placed
from skill.stores.vault import SIZE, DamagedError, Source, Vault, as_key

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Rotated:
    """What was sealed anew, what could not be opened and stays as it was found, and where the new key is kept."""

    records: int
    damaged: int
    source: Source


async def rotate(store: SqlStore, settings: Settings) -> Rotated:
    """Exchange the key where it is kept, or for `Settings.new_key`. Raises `StorageError`, with nothing changed.

    Other workers may go on: they wait while it lasts, and tell people to try again where that is too long for them.
    A key file or keyring must be one that all workers share; else the new key has to come from the setting.
    """

    def exchange(connection: Connection, old: Vault) -> Rotated:
        new = _put_away(settings, old)
        return _reseal(connection, old, new)

    rotated = await store.maintain(exchange, alone=True)
    await store.close()
    await store.maintain(lambda *_: None)  # opening it with the new key clears the old one away
    return rotated


def _put_away(settings: Settings, old: Vault) -> Vault:
    given = as_key(reveal(settings.new_key)) if settings.new_key else None
    if given:
        new = Vault(given, "setting")
        if new.fits(old.check()):
            raise StorageError("The key in CODEX_ONBOARDING_NEW_KEY is the present one. Set another one there.")
        return new
    if old.source == "setting":
        raise StorageError(
            "The key comes from CODEX_ONBOARDING_KEY. Set the new one in CODEX_ONBOARDING_NEW_KEY, for example from: "
            "openssl rand -base64 32"
        )
    key = os.urandom(SIZE)
    if not place_of(settings, old.source).write(NEXT, key):
        raise StorageError("The OS keyring didn't take the new key. Unlock it and try again; nothing was changed.")
    return Vault(key, old.source)


def _reseal(connection: Connection, old: Vault, new: Vault) -> Rotated:
    records = damaged = 0
    for table in (sessions, credentials, receipts):
        key = next(iter(table.primary_key))
        anew = update(table).where(key == bindparam("at")).values(sealed=bindparam("anew"))
        for rows in _batches(connection, table):
            resealed = []
            for row in rows:
                place = placed(table, row["owner"], row.get("message"))
                try:
                    resealed.append({"at": row[key.name], "anew": new.seal(old.open(row["sealed"], place), place)})
                except DamagedError:
                    damaged += 1
            if resealed:
                connection.execute(anew, resealed)
            records += len(resealed)
    connection.execute(update(key_check).values(sealed=new.check()))
    return Rotated(records, damaged, new.source)


def _batches(connection: Connection, table: Table) -> Iterator[Sequence[RowMapping]]:
    """All rows, never too many in memory."""
    key, last = next(iter(table.primary_key)), ""
    while rows := connection.execute(select(table).where(key > last).order_by(key).limit(AT_ONCE)).mappings().all():
        yield rows
        last = rows[-1][key.name]
