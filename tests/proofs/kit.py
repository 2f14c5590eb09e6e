"""The kit behind the proofs: time that jumps instead of passing, a wire that breaks on request, and what to look for.

    with Rig(folder) as rig:
        rig.connect()
        rig.provider.fault("refresh", "hang", effect=False)
        rig.pass_time(days=9, hours=23, minutes=58)
        reply = rig.say("My Codex login is broken, I get 401")
        assert rig.took <= 20 and keys_of(reply) == ["login_kept"]

Skill, provider and event loop share one clock. It stands still while anything works and jumps to the next timer when
nothing does, so that a time limit of twelve seconds is reached at once, and exactly.
"""

import asyncio
import base64
import json
import re
import selectors
import sqlite3
import string
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import parse_qs, quote

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as AsgiMessage

from skill import Message, Onboarding, Settings
from skill.core.replies import catalogue
from skill.message import Owner, Reply
from skill.oauth.credential import Credential
from skill.oauth.wire import Tokens
from skill.simulator import LocalProvider
from skill.stores.base import Record
from skill.testing import Logbook
from skill.testing.line import endpoint_of

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ANA = "ana@example.test"
CALLS = ("start", "poll", "exchange", "refresh", "revoke", "models", "usage")

SIGN_IN = "Sign in with my ChatGPT account"
DONE = "done"
LOG_OUT = "Log me out of ChatGPT"
BROKEN = "My Codex login is broken, I get 401"
MODELS = "Which models can I use with my ChatGPT subscription?"
USAGE = "How much of my Codex limit is left?"

Result = TypeVar("Result")

# --- time ----------------------------------------------------------------------------------------------------------


class _Jumping(selectors.DefaultSelector):
    """Waits for real only for a thread at work; where only timers are left, time jumps to the next of them."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0
        self.at_work = set[asyncio.Future[Any]]()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """See the class."""
        if timeout is not None and timeout > 0 and not self.at_work:
            ready = super().select(0)
            self.passed += 0 if ready else timeout
            return ready
        return super().select(0 if timeout is not None and timeout <= 0 else None)


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop on a clock of its own, which stands still while a thread is at work for it."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds since the loop was made, by its own clock."""
        return self._jumping.passed

    def create_future(self) -> asyncio.Future[Any]:
        """A future of the database's driver is done by its thread: time stands still until then."""
        future = super().create_future()
        if "aiosqlite" in sys._getframe(1).f_code.co_filename:
            self._await_thread(future)
        return future

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """The same for a thread of the pool."""
        future = super().run_in_executor(executor, func, *args)
        self._await_thread(future)
        return future

    def _await_thread(self, future: asyncio.Future[Any]) -> None:
        self._jumping.at_work.add(future)
        future.add_done_callback(self._jumping.at_work.discard)


# --- the wire ------------------------------------------------------------------------------------------------------

Hook = Callable[[str], Awaitable[None]]


async def _at_once(_: str) -> None:
    """Nothing happens at this point."""


class Wire(httpx.AsyncBaseTransport):
    """The way to the provider: counts what is tried, and can be replaced for one endpoint."""

    def __init__(self, provider: LocalProvider) -> None:
        self._far_end = httpx.ASGITransport(app=provider.app)
        self.tries: Counter[str] = Counter()
        self.broken: dict[str, httpx.AsyncBaseTransport] = {}  # by endpoint: what carries its requests instead
        self.before: Hook = _at_once
        self.after: Hook = _at_once

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request on its way."""
        endpoint = endpoint_of(request)
        self.tries[endpoint] += 1
        await self.before(endpoint)
        response = await self.broken.get(endpoint, self._far_end).handle_async_request(request)
        await self.after(endpoint)
        return response


class Witness:
    """Stands before the provider and remembers each pair that went out, and each token that came in to be spent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.pairs: list[tuple[str, str]] = []  # access and refresh token, as they were issued
        self.spent: list[str] = []  # refresh tokens and authorization codes, as they came in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the token endpoint only."""
        if scope["type"] != "http" or scope["path"] != "/oauth/token":
            return await self._app(scope, receive, send)
        said, answered = bytearray(), bytearray()

        async def hear() -> AsgiMessage:
            message = await receive()
            said.extend(message.get("body", b""))
            return message

        async def tell(message: AsgiMessage) -> None:
            answered.extend(message.get("body", b""))
            await send(message)

        try:
            return await self._app(scope, hear, tell)
        finally:
            asked = _object(said) or {name: values[0] for name, values in parse_qs(said.decode()).items()}
            self.spent += [asked[name] for name in ("refresh_token", "code") if name in asked]
            issued = _object(answered)
            if "access_token" in issued and "refresh_token" in issued:
                self.pairs.append((issued["access_token"], issued["refresh_token"]))


def _object(body: bytes | bytearray) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


# --- the rig -------------------------------------------------------------------------------------------------------


class Rig:
    """A data folder, a provider and the skill, on one clock that jumps; used from plain, synchronous code."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.skew = timedelta()  # how far our clock is ahead of the provider's
        self.provider = LocalProvider(now=self._true_time, sleep=asyncio.sleep)
        self.witness = Witness(self.provider.app)
        self.provider.app = self.witness
        self.wire = Wire(self.provider)
        self.logbook = Logbook()
        self.replies: list[Reply] = []
        self.took = 0.0  # seconds of the clock that the last `run` took
        self._settings = settings
        self._skill: Onboarding | None = None
        self._messages = 0
        self._ahead = timedelta()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._runner = self._open.enter_context(asyncio.Runner(loop_factory=JumpingLoop))
        self._open.enter_context(self.logbook)
        self.client = httpx.AsyncClient(transport=self.wire, timeout=12.0)  # as the skill makes its own
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.restart()
            self.run(self.client.aclose())
        finally:
            self._open.close()

    def _true_time(self) -> datetime:
        return NOON + self._ahead + timedelta(seconds=self._runner.get_loop().time())

    def now(self) -> datetime:
        """The time by the skill's clock."""
        return self._true_time() + self.skew

    def pass_time(self, **span: float) -> None:
        """Let so much time pass at once, for the skill and the provider."""
        self._ahead += timedelta(**span)

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine, and note how long it took by the clock."""
        loop = self._runner.get_loop()
        begun = loop.time()
        try:
            return self._runner.run(work)
        finally:
            self.took = loop.time() - begun

    @property
    def skill(self) -> Onboarding:
        """The running skill, started on first use."""
        self._skill = self._skill or self.another()
        return self._skill

    def another(self) -> Onboarding:
        """One more worker on the same data folder; whoever asks for it closes it."""
        return Onboarding(Settings(home=self.folder, **self._settings), client=self.client, now=self.now)

    def restart(self) -> None:
        """Stop the skill; it starts anew when it is needed."""
        if self._skill:
            self.run(self._skill.close())
            self._skill = None

    def message(self, text: str, user: str = "ana", **changes: Any) -> Message:
        """A message of that person in their private chat."""
        self._messages += 1
        usual = {"message_id": f"m{self._messages}", "conversation_id": f"c-{user}", "user_id": user, "private": True}
        return Message(text=text, **(usual | changes))

    def say(self, text: str, user: str = "ana") -> Reply | None:
        """One message; its reply."""
        reply = self.run(self.skill.handle(self.message(text, user)))
        self.replies += [reply] if reply else []
        return reply

    def show_code(self, user: str = "ana") -> str:
        """As far as the code on screen, which the person has approved."""
        reply = self.say(SIGN_IN, user)
        assert reply and reply.user_code, reply
        self.provider.approve(reply.user_code)
        return reply.user_code

    def connect(self, user: str = "ana") -> None:
        """A whole sign-in."""
        self.show_code(user)
        reply = self.say(DONE, user)
        assert reply and reply.state == "connected", reply

    def near_expiry(self, user: str = "ana") -> None:
        """So much time passes that the access token still lives, and is to be refreshed before it is used again."""
        expires_at = self.login(user).expires_at
        assert expires_at
        self._ahead += expires_at - self.now() - timedelta(seconds=30)

    def call(self, user: str = "ana") -> httpx.Response:
        """One call with that person's subscription."""
        url = f"{self.skill.settings.backend_url}/codex/models?client_version=0.1.0"
        return self.run(self.client.get(url, auth=self.skill.auth(user)))

    def record(self, user: str = "ana") -> Record:
        """What is stored of that person."""
        return self.run(self.skill.store.read(owner(user)))

    def login(self, user: str = "ana") -> Credential:
        """The stored login, which must exist."""
        credential = self.record(user).credential
        assert credential
        return credential

    def forget(self) -> None:
        """Count from here on."""
        self.provider.reset_log()
        self.wire.tries.clear()

    def leaks(self, *more: str) -> list[str]:
        """Which of the provider's secrets stand in logs, replies and reprs, or in the texts given; never the secret."""
        replies = [text for reply in self.replies for text in (reply.model_dump_json(), repr(reply))]
        return leaks(self.provider.secrets(), [*self.logbook.lines, *replies, *more])


def owner(user: str) -> Owner:
    """The owner of what is stored of that user."""
    return Owner("", "", user)


def planted(issued: dict[str, Any], now: datetime) -> Credential:
    """A login made of the provider's own JSON."""
    tokens = Tokens.model_validate(issued)
    assert tokens.access_token and tokens.refresh_token
    return Credential(tokens.access_token, tokens.refresh_token).rotated(tokens, now)


async def plant(skill: Onboarding, user: str, credential: Credential) -> None:
    """Store a login without the way there."""

    def put(record: Record) -> tuple[Record, None]:
        version = record.credential.version if record.credential else 0
        return replace(record, credential=replace(credential, version=version)), None

    await skill.store.transact(owner(user), put)


def pair(credential: Credential) -> tuple[str, str]:
    """Both tokens in the clear, to compare with what the provider issued."""
    return credential.access_token.get_secret_value(), credential.refresh_token.get_secret_value()


# --- what to look for ----------------------------------------------------------------------------------------------


def disguises(secret: str) -> set[str]:
    """A secret as it is, in a URL, and in base64 wherever it may begin within the encoded text."""
    shifted = (base64.b64encode(b"x" * shift + secret.encode()).decode() for shift in range(3))
    cut = {text.rstrip("=")[4:-2] for text in shifted}
    return {secret, quote(secret, safe="")} | cut | {text.replace("+", "-").replace("/", "_") for text in cut}


def leaks(secrets: Iterable[str], texts: Iterable[str]) -> list[str]:
    """The beginnings of those texts that hold one of the secrets in any disguise; the secret is left out."""
    told = "\n\0".join(texts)
    forms = {form for secret in secrets for form in disguises(secret) if form in told}
    return [f"…{told[max(0, told.index(form) - 60) : told.index(form)]}" for form in sorted(forms)]


# Texts that are only parts of others.
_PARTS = {"your_account", "unknown", "day", "hour", "minute", "duration", "model_line", "window_line", "no_windows"}


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """Every text of the English catalogue, its placeholders open."""
    entries = {key: entry for key, entry in catalogue("en").entries.items() if key not in _PARTS}
    return {key: re.compile(_open(entry.text), re.DOTALL) for key, entry in entries.items()}


def _open(template: str) -> str:
    return "".join(re.escape(text) + (".+?" if name else "") for text, name, _, _ in string.Formatter().parse(template))


def keys_of(reply: Reply | None) -> list[str]:
    """The keys of the catalogue's texts that the reply is made of; fails where any part is none of them."""
    assert reply is not None
    return _keys(reply.text)


def keys_in(reply: dict[str, Any]) -> list[str]:
    """The same of a reply that came as JSON."""
    return _keys(reply["text"])


def _keys(text: str) -> list[str]:
    keys = []
    for part in text.split("\n\n"):
        fitting = [key for key, pattern in _patterns().items() if pattern.fullmatch(part)]
        assert fitting, f"no text of the catalogue: {part!r}"
        keys.append(max(fitting, key=lambda key: len(catalogue("en").entries[key].text)))
    return keys


TABLES = ("sessions", "credentials", "receipts", "set_aside")


def rows(folder: Path, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """What the database holds, byte for byte, as any other reader sees it."""
    with closing(sqlite3.connect(f"file:{folder / 'onboarding.db'}?mode=ro", uri=True)) as database:
        return {table: sorted(database.execute(f"SELECT * FROM {table}"), key=repr) for table in tables or TABLES}
