"""Stores on a folder of their own, opened as often as a test likes, and people to store something of."""

import asyncio
import base64
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from skill.core.session import Code, Flow, Session
from skill.core.states import State
from skill.message import Owner, Reply
from skill.oauth.credential import Credential
from skill.settings import Settings
from skill.stores.base import Receipt, Record
from skill.stores.sql import SqlStore

from ..databases import Database

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ANA, WEI = Owner("slack", "T1", "ana"), Owner("slack", "T1", "wei")
KEY_A, KEY_B = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
TABLES = ("sessions", "credentials", "receipts")
SECRETS = ("at-canary-1", "rt-canary-2", "id-canary-3", "da-canary-4", "WXYZ-98765")


@dataclass
class Opened:
    """A store as plain, synchronous calls."""

    store: SqlStore
    runner: asyncio.Runner

    def read(self, owner: Owner, message: str | None = None) -> Record:
        return self.runner.run(self.store.read(owner, message))

    def transact(self, owner: Owner, change: Callable[[Record], Any], message: str | None = None) -> Any:
        return self.runner.run(self.store.transact(owner, change, message))

    def put(self, owner: Owner, record: Record, message: str | None = None) -> None:
        """Store the session, credential and receipt of `record`, at the versions that are there."""

        def change(before: Record) -> tuple[Record, None]:
            return put_on(before, record), None

        self.transact(owner, change, message)


def put_on(before: Record, record: Record) -> Record:
    """`record` as the successor of `before`."""
    session = replace(record.session, version=before.session.version)
    version = before.credential.version if before.credential else 0
    credential = replace(record.credential, version=version) if record.credential else None
    return Record(session, credential, record.receipt)


def full_record() -> Record:
    """A person with everything: a code on screen, a login, and a reply that was sent."""
    code = Code("WXYZ-98765", "https://x.test/codex/device", "p1", NOON, 5, SecretStr("da-canary-4"))
    tokens = [SecretStr(text) for text in SECRETS[:3]]
    login = Credential(*tokens, email="ana@example.test", models=("gpt-5",), expires_at=NOON + timedelta(days=9))
    said = Reply(text="And enter this code:\n  WXYZ-98765", state=State.AWAITING_CONFIRM, language="en")
    flow = Flow("c1", State.AWAITING_CONFIRM, code)
    return Record(Session(flow=flow, starts=(NOON,)), login, Receipt(settled=True, reply=said))


def counted(record: Record) -> tuple[Record, int]:
    """A change whose effect can be counted: one more start."""
    session = replace(record.session, starts=(*record.session.starts, NOON))
    return replace(record, session=session), len(session.starts)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


OpenStore = Callable[..., AbstractContextManager[Opened]]


@pytest.fixture
def opened(database: Database, runner: asyncio.Runner) -> OpenStore:
    """Open a store on the database, and close it again; other settings may be given."""

    @contextmanager
    def open_store(**settings: Any) -> Iterator[Opened]:
        store = SqlStore(Settings(**(database.settings | settings)))
        try:
            yield Opened(store, runner)
        finally:
            runner.run(store.close())

    return open_store
