"""A process of its own that uses the skill on a data folder that others use too, and that may be killed or frozen.

Reads one order a line as JSON and answers each with one line. `python worker.py CLOCK`, where the file CLOCK holds by
how many seconds this process's clock is ahead.
"""

import asyncio
import json
import os
import random
import resource
import selectors
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, event

from intents import read
from skill import Message, Onboarding, Settings
from skill.errors import OnboardingError
from skill.message import Owner
from skill.oauth.credential import Credential
from skill.oauth.wire import Tokens
from skill.stores.base import Record

CLOCK = os.open(sys.argv[1], os.O_RDWR)  # kept open: a later loss of rights is not about this file
_OPENED_HERE = ("open", "os.mkdir", "os.link", "os.remove", "os.rename", "os.chmod", "os.truncate")


def now() -> datetime:
    """The true time, and as much as the test says."""
    return datetime.now(UTC) + timedelta(seconds=float(os.pread(CLOCK, 40, 0)))


def tell(answer: object) -> None:
    """One line for whoever gives the orders."""
    print(json.dumps(answer), flush=True)


def heard() -> Any:
    """The next line of whoever gives the orders."""
    return json.loads(sys.stdin.readline())


# --- the points at which a process may die --------------------------------------------------------------------------


class Points:
    """Every await, every statement and file operation, every request: counted, noted, and deadly when it is time."""

    def __init__(self, home: Path, note: Path | None, kill_at: int | str | None) -> None:
        self.armed = False
        self._home, self._kill_at, self._reached = str(home), kill_at, 0
        self._note = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600) if note else None
        sys.addaudithook(self._file)
        event.listen(Engine, "begin", lambda _: self.reach("begin"))
        event.listen(Engine, "commit", lambda _: self.reach("commit"))
        event.listen(Engine, "rollback", lambda _: self.reach("rollback"))
        event.listen(Engine, "before_cursor_execute", lambda *_: self.reach("execute"))
        event.listen(Engine, "after_cursor_execute", lambda *_: self.reach("executed"))
        event.listen(Engine, "checkin", lambda *_: self.reach("checkin"))

    def reach(self, name: str) -> None:
        """Here is one."""
        if not self.armed:
            return
        self._reached += 1
        if self._note is not None:
            os.write(self._note, f"{name}\n".encode())
        if self._kill_at in (self._reached, name):
            os.kill(os.getpid(), signal.SIGKILL)

    def _file(self, name: str, arguments: tuple[Any, ...]) -> None:
        if self.armed and name in _OPENED_HERE and str(arguments[0]).startswith(self._home):
            self.reach(f"file {name}")

    def loop(self) -> asyncio.AbstractEventLoop:
        """A loop for which each step of a task, and each wait for the outside, is a point."""
        points = self

        class Selector(selectors.DefaultSelector):
            def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
                if timeout is None or timeout > 0:
                    points.reach("idle")
                return super().select(timeout)

        loop = asyncio.SelectorEventLoop(Selector())
        loop.set_task_factory(lambda loop, work, **more: asyncio.Task(_Stepped(work, points), loop=loop, **more))
        return loop


class _Stepped(Coroutine[Any, Any, Any]):
    """A coroutine each of whose steps is a point."""

    def __init__(self, work: Any, points: Points) -> None:
        self._work, self._points = work, points

    def send(self, value: Any) -> Any:
        self._points.reach("await")
        return self._work.send(value)

    def throw(self, *fault: Any) -> Any:
        return self._work.throw(*fault)

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Any:
        return self._work.__await__()


class Wire(httpx.AsyncBaseTransport):
    """Real HTTP, whose requests and answers are points too."""

    def __init__(self, reach: Callable[[str], object]) -> None:
        self._reach, self._inner = reach, httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = _endpoint(request)
        self._reach(f"send {name}")
        response = await self._inner.handle_async_request(request)
        body = await response.aread()
        self._reach(f"received {name}")
        return httpx.Response(response.status_code, headers=response.headers, content=body, request=request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _endpoint(request: httpx.Request) -> str:
    if request.url.path == "/oauth/token":
        return "exchange" if b"authorization_code" in request.content else "refresh"
    last = request.url.path.rpartition("/")[2]
    return {"usercode": "start", "token": "poll"}.get(last, last)


# --- orders ---------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _opened(
    order: dict[str, Any], reach: Callable[[str], object] = lambda _: None
) -> AsyncIterator[tuple[Onboarding, httpx.AsyncClient]]:
    issuer, database_url = order["issuer"], order.get("database_url")
    settings = Settings(
        home=Path(order["home"]), issuer=issuer, backend_url=f"{issuer}/backend-api", database_url=database_url
    )
    async with (
        httpx.AsyncClient(transport=Wire(reach), timeout=12.0) as client,
        Onboarding(settings, client=client, now=now) as skill,
    ):
        yield skill, client


async def plant(order: dict[str, Any]) -> None:
    """Store a login made of the provider's JSON."""
    async with _opened(order) as (skill, _):
        tokens = Tokens.model_validate(order["issued"])
        assert tokens.access_token and tokens.refresh_token
        login = Credential(tokens.access_token, tokens.refresh_token).rotated(tokens, now())
        await _put(skill, order["user"], login)


async def _put(skill: Onboarding, user: str, login: Credential) -> None:
    def put(record: Record) -> tuple[Record, None]:
        version = record.credential.version if record.credential else 0
        return replace(record, credential=replace(login, version=version)), None

    await skill.store.transact(Owner("", "", user), put)


async def storm(order: dict[str, Any]) -> list[str]:
    """So many callers at once; the access token that each ends with, or the error.

    Reads a line when all is prepared, so that several processes begin together. With `looks`, tells when the store was
    read so often.
    """
    chance = random.Random(order["seed"])
    async with _opened(order) as (skill, client):
        seen = (await skill.store.read(Owner("", "", order["user"]))).credential
        assert seen
        if order.get("looks"):
            _tell_after(skill, order["looks"])
        if order.get("freeze"):
            _freeze_after_claim(skill)
        tell("ready")
        heard()
        waits = [chance.random() * 0.05 for _ in range(order["callers"])]
        return await asyncio.gather(*(_one(skill, client, order, seen, wait) for wait in waits))


async def _one(
    skill: Onboarding, client: httpx.AsyncClient, order: dict[str, Any], seen: Credential, wait: float
) -> str:
    await asyncio.sleep(wait)
    try:
        if order["how"] == "renew":
            return (
                await skill.logins.renew(Owner("", "", order["user"]), seen.access_token)
            ).access_token.get_secret_value()
        url = f"{skill.settings.backend_url}/wham/usage"
        response = await client.get(url, auth=skill.auth(order["user"]), timeout=60)
        return response.request.headers["authorization"].removeprefix("Bearer ") if response.is_success else "refused"
    except OnboardingError as fault:
        return f"{type(fault).__name__}: {fault}"


def _tell_after(skill: Onboarding, looks: int) -> None:
    """Say so once the store was read that often: everybody has seen what there is to see."""
    plain, left = skill.store.read, looks

    async def counted(*arguments: Any) -> Record:
        nonlocal left
        record = await plain(*arguments)
        left -= 1
        if left == 0:
            tell("looked")
        return record

    skill.store.read = counted  # type: ignore[method-assign, assignment]


def _freeze_after_claim(skill: Onboarding) -> None:
    """Stop this whole process right after the lease was taken, as a laptop that is closed."""
    plain = skill.store.transact

    async def freezing(*arguments: Any) -> Any:
        result = await plain(*arguments)
        if result is True:
            os.kill(os.getpid(), signal.SIGSTOP)
        return result

    skill.store.transact = freezing  # type: ignore[method-assign, assignment]


async def hold(order: dict[str, Any]) -> str:
    """Take the lease, and get as far as the request that is about to be sent; then stay there for good."""

    def at(name: str) -> None:
        if name == "send refresh":
            tell("holding")
            signal.pause() if order["then"] == "wait" else os.kill(os.getpid(), signal.SIGSTOP)

    async with _opened(order, at) as (skill, _):
        owner = Owner("", "", order["user"])
        seen = (await skill.store.read(owner)).credential
        assert seen
        renewed = await skill.logins.renew(owner, seen.access_token)
        return renewed.access_token.get_secret_value()


async def walk(order: dict[str, Any], points: Points) -> list[Any]:
    """One step after the other; what each brought. From the step "arm" on, points count."""
    brought: list[Any] = []
    async with _opened(order, points.reach) as (skill, client):
        for number, (name, *arguments) in enumerate(order["steps"]):
            brought.append(await _STEPS[name](_Walker(skill, client, order, points, number), *arguments))
    points.armed = False
    return brought


class _Walker:
    """What a step needs."""

    def __init__(
        self, skill: Onboarding, client: httpx.AsyncClient, order: dict[str, Any], points: Points, number: int
    ) -> None:
        self.skill, self.client, self.points, self.user = skill, client, points, order.get("user", "ana")
        self.issuer, self._usual_id = order["issuer"], f"{order['name']}-{number}"

    async def arm(self) -> None:
        self.points.armed = True

    async def say(self, text: str, message_id: str | None = None) -> dict[str, Any] | None:
        identity = {"message_id": message_id or self._usual_id, "conversation_id": "c", "user_id": self.user}
        reply = await self.skill.handle(Message(text=text, private=True, **identity))
        return reply.model_dump(mode="json") if reply else None

    async def wait(self, seconds: float) -> None:
        os.pwrite(CLOCK, f"{float(os.pread(CLOCK, 40, 0)) + seconds:<40}".encode(), 0)

    async def approve(self) -> None:
        flow = (await self.skill.store.read(Owner("", "", self.user))).session.flow
        assert flow and flow.code
        async with httpx.AsyncClient() as person:
            await person.post(f"{self.issuer}/_control", json={"do": "approve", "user_code": flow.code.user_code})

    async def plant(self, issued: dict[str, Any]) -> None:
        tokens = Tokens.model_validate(issued)
        assert tokens.access_token and tokens.refresh_token
        await _put(self.skill, self.user, Credential(tokens.access_token, tokens.refresh_token).rotated(tokens, now()))

    async def call(self) -> str:
        try:
            url = f"{self.skill.settings.backend_url}/wham/usage"
            return str((await self.client.get(url, auth=self.skill.auth(self.user))).status_code)
        except OnboardingError as fault:
            return type(fault).__name__

    async def befall(self, mishap: str) -> None:
        """The kernel takes nothing more that is written to a file, or opens no file of the folder any more."""
        size = 1 if mishap == "full" else resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        if mishap == "rights":
            await self.skill.store.close()  # a file that is open stays so
        if os.getuid() == 0:
            os.seteuid(65534 if mishap == "rights" else 0)  # for root no rights are ever missing
        else:
            self.skill.settings.home.chmod(0 if mishap == "rights" else 0o700)

    async def tidy(self) -> None:
        await self.skill.tidy()

    async def record(self) -> dict[str, Any]:
        record = await self.skill.store.read(Owner("", "", self.user))
        flow, login = record.session.flow, record.credential
        return {
            "state": flow.state if flow else record.session.talk("c").state,
            "code": flow.code.user_code if flow and flow.code else None,
            "sealed": flow is not None and flow.authorization is not None,
            "pair": [login.access_token.get_secret_value(), login.refresh_token.get_secret_value()] if login else None,
            "leased": login is not None and login.refreshing is not None,
            "revoking": len(record.session.revocations),
        }


_STEPS: dict[str, Callable[..., Awaitable[Any]]] = {
    name: getattr(_Walker, name)
    for name in ("arm", "say", "wait", "approve", "plant", "call", "tidy", "record", "befall")
}


def forked_walk(order: dict[str, Any]) -> dict[str, Any]:
    """A walk in a child of this process, which has everything imported already; what it brought, or that it died."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        note = Path(order["note"]) if order.get("note") else None
        points = Points(Path(order["home"]), note, order.get("kill_at"))
        try:
            with asyncio.Runner(loop_factory=points.loop) as runner:
                brought = runner.run(walk(order, points))
            os.write(theirs, json.dumps(brought).encode())
        except BaseException as fault:  # noqa: BLE001 (told, instead of a second copy of this process going on)
            os.write(theirs, json.dumps([f"broke: {fault!r}"]).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    return {"killed": os.WIFSIGNALED(status), "brought": json.loads(text) if text else None}


def main() -> None:
    """Orders until the end of the input."""
    read("done")  # the lexicons are read on first use; forked children find them there
    orders: dict[str, Callable[[dict[str, Any]], Coroutine[Any, Any, Any]]] = {
        "plant": plant,
        "storm": storm,
        "hold": hold,
    }
    for line in sys.stdin:
        order = json.loads(line)
        do = order.pop("do")
        tell(forked_walk(order) if do == "walk" else asyncio.run(orders[do](order)))


if __name__ == "__main__":
    main()
