"""A chat runtime in miniature: gives each message its id and calls the hook."""

import asyncio
import contextlib
import secrets
from collections.abc import Coroutine, Iterator
from itertools import count
from typing import Any, TypeVar

import httpx

from skill import Message, Onboarding, Reply, Settings
from skill.message import Owner

Result = TypeVar("Result")


class Host:
    """One `Onboarding`, spoken to from a program that waits for each answer."""

    def __init__(self, runner: asyncio.Runner, onboarding: Onboarding) -> None:
        self.onboarding, self._runner = onboarding, runner
        self._numbers, self._run = count(1), secrets.token_hex(6)  # no id comes twice, not in a later run either

    def hear(self, text: str, **fields: Any) -> Reply | None:
        """Hand one message to the hook; the fields are those of `Message`."""
        message_id = f"{self._run}-{next(self._numbers)}"
        return self.wait(self.onboarding.handle(Message(**{"message_id": message_id, "text": text, **fields})))

    def wait(self, answer: Coroutine[Any, Any, Result]) -> Result:
        """The answer, when it is there."""
        return self._runner.run(answer)


@contextlib.contextmanager
def host(settings: Settings, client: httpx.AsyncClient | None = None) -> Iterator[Host]:
    """Open the store first, so that a bad data folder is told before anybody types. Raises `StorageError`."""
    with asyncio.Runner() as runner:
        onboarding = Onboarding(settings, client=client)
        try:
            runner.run(onboarding.store.read(Owner("", "", "")))
            yield Host(runner, onboarding)
        finally:
            runner.run(onboarding.close())
