"""The way to the database: opened at first use, kept while its key fits, and never waited for too long."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from skill.errors import StorageError
from skill.settings import Settings
from skill.stores.engines import DATABASE_FILE, OPENING, engine_for, patience
from skill.stores.keys import open_vault
from skill.stores.migrations import key_check, migrate
from skill.stores.vault import Source, Vault

EXCHANGES_MET = 20  # of the key, during one use

Value = TypeVar("Value")


class RekeyedError(StorageError):
    """The database has another key than when it was opened; nothing was read or written."""

    def __init__(self) -> None:
        super().__init__("The key of the database was exchanged this very moment. Please try again.")


@dataclass(slots=True, eq=False)
class _Opened:
    """The database with its key, and how many are using it: the last one closes what has been replaced."""

    engine: AsyncEngine
    vault: Vault
    users: int = 0


class Access:
    """One database, opened again after a failure."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._patience = settings, patience(settings)
        self._opening: asyncio.Task[_Opened] | None = None
        self._opened: _Opened | None = None
        self._given_up: set[asyncio.Task[Any]] = set()

    @property
    def sealed_by(self) -> Source | None:
        """Where the key comes from; None before the first use."""
        return self._opened.vault.source if self._opened else None

    async def close(self) -> None:
        """Let go of the database; not for long if it doesn't answer."""
        if self._opening:
            await asyncio.wait({self._opening}, timeout=self._patience)
        if self._opened:
            opened, self._opened = self._opened, None
            with contextlib.suppress(TimeoutError):
                await self._bounded(self._closed_if_unused(opened), self._patience)
        while self._given_up:
            await asyncio.wait(self._given_up)

    async def use(self, work: Callable[[AsyncEngine, Vault], Awaitable[Value]], bounded: bool = True) -> Value:
        """What `work` makes of the open database, in time unless not `bounded`; again where the key was exchanged.

        Raises `StorageError` for whatever the database can't do.
        """

        async def attempt() -> Value:
            for _ in range(EXCHANGES_MET):
                opened = await self._ready()
                opened.users += 1
                try:
                    return await work(opened.engine, opened.vault)
                except RekeyedError:  # by another process: the new key is there, or opening tells what is missing
                    self._opened = None if self._opened is opened else self._opened
                finally:
                    opened.users -= 1
                    await self._closed_if_unused(opened)
            raise RekeyedError

        try:
            return await self._bounded(attempt(), self._patience if bounded else None)
        except SQLAlchemyError as fault:
            cause = _cause(fault)
            raise StorageError(f"The database can't be used: {cause}. {_next_step(self._settings, cause)}") from None
        except OSError as fault:
            what = "database can't be reached" if self._settings.database_url else "data folder can't be used"
            cause = fault.strerror or "no answer"
            raise StorageError(f"The {what}: {cause}. {_next_step(self._settings)}") from None

    async def _bounded(self, work: Coroutine[Any, Any, Value], seconds: float | None) -> Value:
        """The result of `work`. Raises `TimeoutError` on time: the polite end of a dead connection isn't waited for."""
        if seconds is None:
            return await work
        task = asyncio.create_task(work)
        try:
            done, _ = await asyncio.wait({task}, timeout=seconds)
            if done:
                return task.result()
            raise TimeoutError
        finally:
            if not task.done():
                task.cancel()
                self._given_up.add(task)
                task.add_done_callback(self._let_go)

    def _let_go(self, task: asyncio.Task[Any]) -> None:
        self._given_up.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio doesn't complain; it was told already

    async def _closed_if_unused(self, opened: _Opened) -> None:
        if self._opened is not opened and not opened.users:
            await opened.engine.dispose()

    async def _ready(self) -> _Opened:
        """Opened once for all who wait for it; it goes on when none of them can wait any longer."""
        if self._opened:
            return self._opened
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(self._ended_opening)
        return await asyncio.shield(self._opening)

    def _ended_opening(self, opening: asyncio.Task[_Opened]) -> None:
        self._opening = None
        if not opening.cancelled() and opening.exception() is None:
            self._opened = opening.result()

    async def _open(self) -> _Opened:
        engine = engine_for(self._settings)
        try:
            async with asyncio.timeout(OPENING), engine.begin() as connection:
                await connection.run_sync(migrate)
                check = await connection.scalar(select(key_check.c.sealed))
                vault = await asyncio.to_thread(open_vault, self._settings, check)  # a keyring may take its time
                if check is None:
                    await connection.execute(insert(key_check).values(number=1, sealed=vault.check()))
        except BaseException as fault:
            await engine.dispose()
            if isinstance(fault, TypeError):
                raise StorageError(
                    f"The address of the database names what its driver doesn't know: {fault}."
                ) from None
            raise
        return _Opened(engine, vault)


def _cause(fault: SQLAlchemyError) -> str:
    """The driver's own words; they name files and locks, never values."""
    return str(getattr(fault, "orig", None) or type(fault).__name__)


def _next_step(settings: Settings, cause: str = "") -> str:
    if settings.database_url:
        return "Check the address in CODEX_ONBOARDING_DATABASE_URL, and that the database runs."
    if "not a database" in cause or "malformed" in cause:
        return f"Restore {settings.home / DATABASE_FILE} from a backup, or move it aside; it was left as it is."
    return f"Check rights and space of {settings.home}."
