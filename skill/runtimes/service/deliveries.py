"""One effect and one answer per `webhook-id`, however often it is delivered (at least once, out of order, at once)."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from skill.message import Keyed, digest
from skill.runtimes.service.admission import Delivery
from skill.runtimes.service.answers import Answer, Problem
from skill.stores.base import Receipt, Record, Store
from skill.tasks import Tasks

ANSWER_KEPT = 600.0  # seconds in memory, for a code may stand in it; after that the hook's own sealed receipt answers
PASSED_KEPT = 24 * 3600.0  # seconds; "not ours" has no receipt, and holds no words
MOST = 50_000  # answers on a shelf

Work = Callable[[], Coroutine[Any, Any, Answer]]


class _Shelf:
    """Answers that run out in the order in which they came."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds, self._clock = seconds, clock
        self._kept: OrderedDict[str, tuple[float, str, Answer]] = OrderedDict()

    def put(self, key: str, body: str, answer: Answer) -> None:
        self._kept[key] = (self._clock() + self._seconds, body, answer)

    def find(self, key: str) -> tuple[str, Answer] | None:
        while self._kept and (len(self._kept) > MOST or next(iter(self._kept.values()))[0] <= self._clock()):
            self._kept.popitem(last=False)
        found = self._kept.get(key)
        return found and found[1:]


class Deliveries:
    """What was delivered lately. It lives in memory; what must outlive a restart is spent in the store, by `claim`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._tasks = Tasks()
        self._running: dict[str, tuple[str, asyncio.Task[Answer]]] = {}
        self._answered, self._passed = _Shelf(ANSWER_KEPT, clock), _Shelf(PASSED_KEPT, clock)

    async def once(self, path: str, delivery: Delivery, work: Work, patience: float | None = None) -> Answer | None:
        """The answer to this delivery, worked out once; None where it isn't there within `patience` seconds.

        The work goes on whatever becomes of the connection: the next delivery of the same id finds its answer.
        """
        body = hashlib.sha256(path.encode() + b"\n" + delivery.body).hexdigest()
        kept = self._find(delivery.id, body)
        if isinstance(kept, Answer):
            return kept
        task = kept or self._begin(delivery.id, body, work)
        await asyncio.wait([task], timeout=patience)
        return task.result() if task.done() else None

    async def close(self) -> None:
        """Wait for what is still being worked out."""
        await self._tasks.close()

    def _find(self, key: str | None, body: str) -> "Answer | asyncio.Task[Answer] | None":
        if key is None:
            return None
        found = self._running.get(key) or self._answered.find(key) or self._passed.find(key)
        if found and found[0] != body:
            raise Problem(409, "id_reused")
        return found[1] if found else None

    def _begin(self, key: str | None, body: str, work: Work) -> "asyncio.Task[Answer]":
        task = self._tasks.begin(work())
        if key is not None:
            self._running[key] = (body, task)
            task.add_done_callback(lambda done: self._settle(key, body, done))
        return task

    def _settle(self, key: str, body: str, task: "asyncio.Task[Answer]") -> None:
        """What was answered is kept; what broke may be tried again."""
        del self._running[key]
        if not task.cancelled() and task.exception() is None and task.result().status < 500:
            answer = task.result()
            (self._passed if answer.passed else self._answered).put(key, body, answer)


async def claim(store: Store, owner: Keyed, delivery: Delivery) -> None:
    """Spend the id for good, beyond a restart and for every worker; raises `Problem` where it is spent.

    Messages have a receipt of their own in the hook; this is for what has none: calls of the tool and of a model.
    """
    if delivery.id is None:
        return

    def spend(record: Record) -> tuple[Record, bool]:
        return (record, False) if record.receipt else (replace(record, receipt=Receipt(settled=True)), True)

    if not await store.transact(owner, spend, digest("webhook", owner.key, delivery.id)):
        raise Problem(409, "already_done")
