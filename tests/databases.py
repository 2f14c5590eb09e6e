"""Both engines as a test sees them: where its stores keep things, and how to look behind their back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from skill.stores.engines import DATABASE_FILE

Engine = Literal["sqlite", "postgresql"]
ENGINES: tuple[Engine, ...] = ("sqlite", "postgresql")


class Database:
    """One database, empty at first. `address`: None for the file in the data folder."""

    def __init__(self, home: Path, address: str | None = None) -> None:
        self.home, self.address = home, address

    @property
    def engine(self) -> Engine:
        """Which of the two."""
        return "postgresql" if self.address else "sqlite"

    @property
    def settings(self) -> dict[str, Any]:
        """What `Settings` needs to know of it."""
        return {"home": self.home, "database_url": self.address}

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """A table as it lies there."""
        return asyncio.run(self._rows(f"SELECT * FROM {table} ORDER BY 1"))

    def execute(self, statement: str, **values: object) -> None:
        """Tamper with it."""
        asyncio.run(self._execute(statement, values))

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """A connection beside those of the stores."""
        address = f"sqlite+aiosqlite:///{self.home / DATABASE_FILE}"
        if self.address:
            address = self.address.replace("postgresql://", "postgresql+asyncpg://", 1)
        engine = create_async_engine(address, poolclass=NullPool)
        try:
            async with engine.connect() as connection:
                yield connection
        finally:
            await engine.dispose()

    async def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        async with self.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(statement))]

    async def _execute(self, statement: str, values: dict[str, object]) -> None:
        async with self.connect() as connection:
            await connection.execute(text(statement), values)
            await connection.commit()
