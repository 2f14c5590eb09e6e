"""Many people sign in through 1, 2 and 4 workers on one PostgreSQL, while all goes wrong that a platform knows.

Of the messages 10 % are delivered twice, to any two workers; of the provider's answers 5 % are faults; a worker is
killed with -9 every few seconds, and what it had in hand is delivered to another.

    python -m benchmarks.fleet --users 2000 --workers 4

Printed are counts that have to be 0, and how fast it went. A conversation that a kill hit takes over 30 s, for so long
the dead worker's lease is believed; p99 shows it. Provider, driver, database and workers share this machine.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.hook import ASKED_FOR
from skill import Settings
from skill.message import Owner
from skill.simulator import LocalProvider, serve_in_thread
from skill.stores.sql import SqlStore
from tests.postgres import a_database, a_server

DUPLICATES, FAULTS = 0.10, 0.05
AT_A_TIME = 12  # people in conversation, by worker
PATIENCE = 40.0  # seconds until a queue delivers again; over the hook's own 25 s and the 30 s of a lease
SIGN_IN, DONE = "Sign in with my ChatGPT account", "done"
COUNTED = {"/api/accounts/deviceauth/usercode": "start", "/api/accounts/deviceauth/token": "poll"}


class Gate:
    """Stands before the provider: counts by message who asked what, and lets some answers fail."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._chance = app, random.Random(7)
        self.calls: Counter[tuple[str, str]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        asked_for = dict(scope["headers"]).get(ASKED_FOR.encode(), b"").decode()
        if scope["path"] in COUNTED:
            self.calls[COUNTED[scope["path"]], asked_for] += 1
        if self._chance.random() >= FAULTS:
            return await self._app(scope, receive, send)
        await send({"type": "http.response.start", "status": 503, "headers": []})
        return await send({"type": "http.response.body", "body": b""})

    def doubled(self, what: str) -> int:
        """Calls beyond the one that a message may cause."""
        return sum(times - 1 for (name, _), times in self.calls.items() if name == what)


class Worker:
    """One process, which may be gone at any moment."""

    _numbers = count()

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._hearing = asyncio.create_task(self._hear())

    @classmethod
    async def start(cls, environment: dict[str, str]) -> "Worker":
        """A new one, ready to serve."""
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-m", "benchmarks.hook")
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, env=environment)
        assert process.stdout
        await process.stdout.readline()
        return cls(process)

    async def handle(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """The reply. Raises `ConnectionError` where the process dies first."""
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin
        if self._hearing.done():
            raise ConnectionResetError
        self._process.stdin.write(json.dumps([number, message]).encode() + b"\n")
        return await asyncio.wait_for(answer, PATIENCE)  # type: ignore[no-any-return]

    async def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        await self._hearing

    async def end(self) -> None:
        """Let it finish."""
        assert self._process.stdin
        self._process.stdin.close()
        await self._hearing

    async def _hear(self) -> None:
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            number, reply = json.loads(line)
            answer = self._waiting.pop(number)
            if not answer.done():  # nobody waits that long
                answer.set_result(reply)
        await self._process.wait()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionResetError())
                answer.exception()


class Fleet:
    """So many workers, some of which are killed and replaced."""

    def __init__(self, size: int, environment: dict[str, str], kill_every: float) -> None:
        self._size, self._environment, self._kill_every = size, environment, kill_every
        self._chance = random.Random(11)
        self.workers: list[Worker] = []
        self.killed = 0
        self.turns: list[float] = []

    async def __aenter__(self) -> "Fleet":
        self.workers = [await Worker.start(self._environment) for _ in range(self._size)]
        self._killer = asyncio.create_task(self._kill_now_and_then())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._killer.cancel()
        with suppress(asyncio.CancelledError):
            await self._killer
        for worker in self.workers:
            await worker.end()

    async def deliver(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """As a queue does it: at least once, sometimes twice at once, again where a worker died."""
        while True:
            begun = time.perf_counter()
            copies = 2 if self._chance.random() < DUPLICATES else 1
            answers = await asyncio.gather(*(self._one(message) for _ in range(copies)), return_exceptions=True)
            heard = [answer for answer in answers if not isinstance(answer, BaseException)]
            if heard:
                self.turns.append(time.perf_counter() - begun)
                return next((answer for answer in heard if answer and answer["text"]), heard[0])

    async def _one(self, message: dict[str, Any]) -> dict[str, Any] | None:
        return await self._chance.choice(self.workers).handle(message)

    async def _kill_now_and_then(self) -> None:
        while self._kill_every:
            await asyncio.sleep(self._kill_every)
            victim = self._chance.randrange(self._size)
            fresh = await Worker.start(self._environment)
            dead, self.workers[victim] = self.workers[victim], fresh
            await dead.kill()
            self.killed += 1


async def _converse(fleet: Fleet, provider: LocalProvider, user: str) -> tuple[float, str]:
    """One person through the whole flow, patient with whatever they are told; seconds, and the last words."""
    begun, texts = time.perf_counter(), count()
    provider.add_account(f"{user}@example.test")
    say, shown = SIGN_IN, None
    while True:
        message = {"message_id": f"m{next(texts)}", "conversation_id": user, "user_id": user, "text": say}
        reply = await fleet.deliver(message)
        if reply and reply["state"] == "connected":
            return time.perf_counter() - begun, reply["text"]
        if reply and reply["user_code"] and reply["user_code"] != shown:
            shown = reply["user_code"]
            provider.approve(shown, f"{user}@example.test")
        say = DONE if reply and reply["state"] == "awaiting_confirm" else SIGN_IN


async def run(size: int, users: int, kill_every: float, database: str, home: Path) -> None:
    """Print what so many workers did."""
    provider = LocalProvider()
    gate = Gate(provider.app)
    provider.app = gate
    names = [f"user{number}-{os.urandom(2).hex()}" for number in range(users)]
    with serve_in_thread(provider) as served:
        environment = os.environ | {
            "CODEX_ONBOARDING_HOME": str(home),
            "CODEX_ONBOARDING_ISSUER": served.issuer,
            "CODEX_ONBOARDING_BACKEND_URL": served.backend_url,
            "CODEX_ONBOARDING_DATABASE_URL": database,
        }
        room = asyncio.Semaphore(AT_A_TIME * size)
        async with Fleet(size, environment, kill_every) as fleet:

            async def one(name: str) -> tuple[float, str]:
                async with room:
                    return await _converse(fleet, provider, name)

            begun = time.perf_counter()
            ended = await asyncio.gather(*(one(name) for name in names))
            took = time.perf_counter() - begun
        lost, wrong = await _logins(home, database, provider, dict(zip(names, ended, strict=True)))
    times, turns = [seconds for seconds, _ in ended], fleet.turns
    print(f"{size} workers, {users} users, {fleet.killed} killed: {users / took:.1f} conversations/s")
    doubled = ", ".join(f"double {what}s {gate.doubled(what)}" for what in ("poll", "start"))
    print(f"  {doubled}, lost logins {lost}, wrong users {wrong}")
    print(f"  conversation p50 {_quantile(times, 0.5):.2f} s, p99 {_quantile(times, 0.99):.2f} s")
    print(f"  turn p50 {_quantile(turns, 0.5) * 1000:.0f} ms, p99 {_quantile(turns, 0.99) * 1000:.0f} ms")
    spare = provider.live_tokens().refresh - (users - lost)
    print(f"  logins at the provider that a killed worker received and could not store: {spare}")


async def _logins(
    home: Path, database: str, provider: LocalProvider, ended: dict[str, tuple[float, str]]
) -> tuple[int, int]:
    """How many were told that they are connected and have no login; how many have somebody else's."""
    store = SqlStore(Settings(home=home, database_url=database))
    lost = wrong = 0
    for name, (_, text) in ended.items():
        credential = (await store.read(Owner("", "", name))).credential
        lost += credential is None
        wrong += f"{name}@" not in text or (credential is not None and credential.email != f"{name}@example.test")
    await store.close()
    return lost, wrong


def _quantile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def main(arguments: list[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__)
    parser.add_argument("--users", type=int, default=60, help="people for each size of the fleet (default: 60)")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--kill-every", type=float, default=2.0, help="seconds; 0: never (default: 2)")
    options = parser.parse_args(arguments)
    with a_server() as server:
        for size in options.workers:
            with a_database(server.address) as database, tempfile.TemporaryDirectory() as home:
                asyncio.run(run(size, options.users, options.kill_every, database, Path(home)))


if __name__ == "__main__":
    main()
