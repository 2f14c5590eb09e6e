"""The kit behind the behaviour specs: one stage on which people, the skill and a provider meet.

    with Stage(folder) as stage:
        stage.say("Ana", "Sign in with my ChatGPT account")
        stage.provider.approve(stage.code)
        stage.clock.advance(timedelta(seconds=40))
        stage.say("Ana", "done")
        assert stage.provider.count("poll") == 1

Everything is the real thing except time, which passes only when it is told to: skill, provider and the event loop
share one clock, so nothing here sleeps. A stage is used from plain, synchronous code.
"""

import asyncio
import base64
import logging
from collections.abc import Coroutine, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

import httpx

from skill import Message, Onboarding, Settings
from skill.errors import NotConnectedError, ReloginRequiredError, StorageError
from skill.message import Owner, Reply
from skill.simulator import LocalProvider, serve_in_thread
from skill.stores.base import Change, Record, Store
from skill.turns.values import Verdict

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

Result = TypeVar("Result")


class Clock:
    """Time that passes only by `advance`, for whoever asks `now` and for the timers of the loops it makes."""

    def __init__(self, start: datetime = NOON) -> None:
        self._start, self._passed = start, timedelta()

    def now(self) -> datetime:
        """The present moment; a clock for `Onboarding` and `LocalProvider`."""
        return self._start + self._passed

    def advance(self, span: timedelta) -> None:
        """Let so much time pass at once."""
        self._passed += span

    def loop(self) -> asyncio.AbstractEventLoop:
        """An event loop whose timers go by this clock (and by the real one, so that none waits for ever)."""
        clock = self

        class Loop(asyncio.SelectorEventLoop):
            def time(self) -> float:
                return super().time() + clock._passed.total_seconds()

        return Loop()


Mishap = Literal["held back", "unreachable", "crash"]
_ENDPOINTS = {
    "/api/accounts/deviceauth/usercode": "start",
    "/api/accounts/deviceauth/token": "poll",
    "/oauth/revoke": "revoke",
    "/backend-api/codex/models": "models",
    "/backend-api/wham/usage": "usage",
    "/backend-api/codex/responses": "responses",
}


class Line(httpx.AsyncBaseTransport):
    """The way from the skill to the provider, and what may befall a call on it.

    Faults that a provider can show are the provider's own (`LocalProvider.fault`); these three it can't play.
    """

    def __init__(self, provider: LocalProvider) -> None:
        self.far_end: httpx.AsyncBaseTransport = httpx.ASGITransport(app=provider.app)
        self.stuck = asyncio.Event()  # set when somebody has to wait until the test goes on
        self.jammed = False  # a call is held back, or its process is gone: whoever waits for it waits for long
        self._mishaps: dict[str, Mishap] = {}
        self._released = asyncio.Event()

    def next(self, endpoint: str, mishap: Mishap) -> None:
        """What happens to the next call of this endpoint.

        "held back": it arrives, its answer waits for `release`. "unreachable": it never leaves. "crash": it arrives,
        and the process that waits for the answer is gone.
        """
        self._mishaps[endpoint] = mishap
        self._released.clear()

    def release(self) -> None:
        """Let the answers through that were held back."""
        self.jammed = False
        self._released.set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See `next`."""
        mishap = self._mishaps.pop(_endpoint(request), None)
        if mishap == "unreachable":
            raise httpx.ConnectError("connection refused", request=request)
        response = await self.far_end.handle_async_request(request)
        self.jammed = self.jammed or mishap is not None
        if mishap == "crash":
            raise asyncio.CancelledError
        if mishap == "held back":
            self.stuck.set()
            await self._released.wait()
        return response

    async def aclose(self) -> None:
        """Let go of the far end."""
        await self.far_end.aclose()


def _endpoint(request: httpx.Request) -> str:
    """The names that `LocalProvider` counts by; one path serves two calls."""
    if request.url.path == "/oauth/token":
        return "exchange" if b"authorization_code" in request.content else "refresh"
    return _ENDPOINTS.get(request.url.path, "other")


class _Watched:
    """The skill's store, watched for messages that have to wait for a call in flight; all else goes straight to it."""

    def __init__(self, store: Store, line: Line) -> None:
        self._store, self._line = store, line
        self.used = 0

    def __getattr__(self, name: str) -> Any:
        self.used += 1
        return getattr(self._store, name)

    async def transact(self, owner: Owner, change: Change[Result], message_key: str | None = None) -> Result:
        self.used += 1
        result = await self._store.transact(owner, change, message_key)
        if result is Verdict.WAIT and self._line.jammed:
            self._line.stuck.set()
        return result


class Host:
    """A runtime with an `openai_oauth` of its own: answers what it was told to, and counts."""

    def __init__(self, answers: Mapping[str, Mapping[str, Any]]) -> None:
        self.answers, self.calls = answers, list[str]()

    async def openai_oauth(self, action: str, **_: object) -> Mapping[str, Any]:
        """The host's tool."""
        self.calls.append(action)
        return self.answers.get(action, {"ok": False, "error": "not_connected"})


class Logbook(logging.Handler):
    """Every line that anything logs while it is open, at DEBUG."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line as a file would have it, traceback and all; a test runner's own lines quote the test."""
        if not record.name.startswith("pytest"):
            self.lines.append(f"{record.name}: {self.format(record)}")

    def __enter__(self) -> Self:
        root = logging.getLogger()
        self._level = root.level
        root.addHandler(self)
        root.setLevel(logging.DEBUG)
        return self

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._level)


# How a message may come about, beside the ordinary: what it changes about the message.
MANNERS: dict[str, dict[str, Any]] = {
    "in a shared room": {"conversation_id": "room", "private": False},
    "in another chat": {"conversation_id": "another chat"},
    "in a message": {},
    "in a message without an id": {"message_id": None},
    "in a message without a user": {"user_id": None},
    "in an edited message": {"original": False},
    "in a forwarded message": {"original": False},
    "in a bot's message": {"original": False},
}


class Stage:
    """A data folder, a provider, a skill that can be restarted, and people who talk to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        self.provider = LocalProvider(now=self.clock.now, sleep=_at_once)
        self.line = Line(self.provider)
        self.settings: dict[str, Any] = {}
        self.languages: dict[str, str] = {}  # of a person's chat client
        self.host: Host | None = None
        self.logbook = Logbook()
        self.messages: list[Message] = []
        self.replies: list[Reply | None] = []  # to the last delivery, in the order of arrival
        self.transcript: list[Reply] = []  # everything ever said
        self.answer: dict[str, Any] = {}  # the tool's last one
        self.pending_id: str | None = None  # as an agent remembers it
        self.workers = 1  # how many processes serve the folder
        self._skills: list[Onboarding] = []
        self._waiting: list[asyncio.Task[Reply | None]] = []
        self._store_used = 0
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._runner = self._open.enter_context(asyncio.Runner(loop_factory=self.clock.loop))
        self._open.enter_context(self.logbook)
        self.client = httpx.AsyncClient(transport=self.line)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.line.release()
            self.wait()
            self.stop()
            self.run(self.client.aclose())
        finally:
            self._open.close()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine on the stage's loop."""
        return self._runner.run(work)

    # The skill, and where it runs.

    @property
    def skill(self) -> Onboarding:
        """The running skill; started on first use, with the settings of that moment."""
        return self._running()[0]

    def stop(self) -> None:
        """Stop the skill; the next one who speaks finds a new process on the same folder."""
        for skill in self._skills:
            self.run(skill.close())
        self._skills = []

    def _running(self) -> list[Onboarding]:
        while len(self._skills) < self.workers:
            self._skills.append(self._start())
        return self._skills

    def _start(self) -> Onboarding:
        tool = self.host.openai_oauth if self.host else None
        settings = Settings(home=self.folder, **self.settings)
        skill = Onboarding(settings, tool=tool, client=self.client, now=self.clock.now)
        skill.store = _Watched(skill.store, self.line)  # type: ignore[assignment]
        return skill

    def listen(self) -> None:
        """Put the provider on a real port, and the skill in front of it."""
        served = self._open.enter_context(serve_in_thread(self.provider))
        self.settings |= {"issuer": served.issuer, "backend_url": served.backend_url}
        self.line.far_end = httpx.AsyncHTTPTransport()

    @property
    def verification_url(self) -> str:
        """The page where a person types the code."""
        return self.skill.settings.verification_url

    # People.

    @property
    def code(self) -> str:
        """The user code that the provider issued last."""
        return self.provider.codes[-1].user_code

    def message(self, who: str, text: str, /, **changes: Any) -> Message:
        """A message of that person's in their private chat, unless told otherwise."""
        usual = {
            "message_id": f"m{len(self.messages) + 1}",
            "conversation_id": f"chat with {who}",
            "user_id": who.lower(),
            "private": True,
            "language": self.languages.get(who),
        }
        return Message(**(usual | {"text": text} | changes))

    def say(self, who: str, text: str, /, **changes: Any) -> Reply | None:
        """One message, delivered once; the reply, or None when it passed through or has to wait."""
        self.deliver(self.message(who, text, **changes))
        return self.reply

    def deliver(self, message: Message, times: int = 1) -> None:
        """The message arrives so many times at once."""
        self.messages.append(message)
        self.run(self._deliver(message, times))

    @property
    def reply(self) -> Reply | None:
        """The last reply."""
        return self.replies[-1] if self.replies else None

    def find(self, text: str) -> Message:
        """The latest message with that text."""
        return next(message for message in reversed(self.messages) if message.text == text)

    def wait(self) -> None:
        """Until everybody who has to wait is answered; what nobody releases ends by the clock."""
        self.run(self._finish())

    async def _deliver(self, message: Message, times: int) -> None:
        self.line.stuck.clear()
        workers = cycle(self._running())
        self._waiting += [asyncio.create_task(next(workers).handle(message)) for _ in range(times)]
        arrived = asyncio.wait(self._waiting[-times:])
        ends = {asyncio.ensure_future(end) for end in (arrived, self.line.stuck.wait())}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        self.replies = []
        self._collect()

    async def _finish(self) -> None:
        await asyncio.gather(*self._waiting, return_exceptions=True)
        self._collect()

    def _collect(self) -> None:
        """Take the replies of the turns that are over; a turn whose process crashed has none."""
        replies = [turn.result() for turn in self._waiting if turn.done() and not turn.cancelled()]
        self._waiting = [turn for turn in self._waiting if not turn.done()]
        self.replies += replies
        self.transcript += filter(None, replies)

    # The agent that holds the tool, and calls with a person's subscription.

    def call_tool(self, who: str, action: str, **arguments: Any) -> dict[str, Any]:
        """The agent calls `openai_oauth` in that person's private chat."""
        if action == "poll":
            arguments = {"pending_id": self.pending_id, **arguments}
        arguments |= {"user_id": who.lower(), "conversation_id": f"chat with {who}"}
        self.answer = self.run(self.skill.openai_oauth(action, **arguments))
        self.pending_id = self.answer.get("pending_id", self.pending_id)
        return self.answer

    def call_model(self, who: str) -> httpx.Response | None:
        """One answer of a model, paid by that person's subscription; None where they have to sign in again."""
        body = {
            "model": "gpt-5-codex",
            "instructions": "Be brief.",
            "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}],
            "store": False,
            "stream": True,
        }
        url = f"{self.skill.settings.backend_url}/codex/responses"
        try:
            return self.run(self.client.post(url, json=body, auth=self.skill.auth(who.lower())))
        except (NotConnectedError, ReloginRequiredError):
            return None

    # What can be looked at.

    def forget_requests(self) -> None:
        """Count from here on: what was asked of provider and store so far set the scene."""
        self.provider.reset_log()
        self._store_used = self._used()

    def asked(self, endpoint: str | None = None) -> int:
        """How often the provider was asked, or a host's own tool where there is one."""
        if self.host:
            return len(self.host.calls) if endpoint is None else self.host.calls.count(endpoint)
        return self.provider.count(endpoint)

    @property
    def store_asked(self) -> int:
        """How often the store was read or written."""
        return self._used() - self._store_used

    def _used(self) -> int:
        return sum(skill.store.used for skill in self._skills if isinstance(skill.store, _Watched))

    def record(self, who: str) -> Record:
        """What is stored of a person."""
        return self.run(self.skill.store.read(Owner("", "", who.lower())))

    def traces(self, secret: str) -> list[str]:
        """Where these words turn up: said, logged, shown by a repr, or in the data folder."""
        said = [(f"a reply, {reply.state}", reply.model_dump_json()) for reply in self.transcript]
        places = [*said, *self._shown()]
        return [place for place, text in places if secret in text] + self._files_with(secret)

    def leaks(self) -> list[str]:
        """Where a secret of the provider's, or a user code, is that doesn't belong there (rule 6); never the secret."""
        secrets = {form for secret in self.provider.secrets() for form in _forms(secret)}
        codes = [code.user_code for code in self.provider.codes]
        found = [place for secret in secrets for place in self.traces(secret)]
        found += [f"{place} (user code)" for place, text in self._shown() for code in codes if code in text]
        return found + [f"{place} (user code)" for reply in self.transcript for place in _misplaced(reply, codes)]

    def _shown(self) -> list[tuple[str, str]]:
        """What people other than the addressee may see: logs, and what a traceback or a debugger prints."""
        shown = [(f"the repr of a reply, {reply.state}", repr(reply)) for reply in self.transcript]
        shown += [(f"the repr of a message, {message.text[:9]!r}", repr(message)) for message in self.messages]
        with suppress(StorageError):
            owners = {message.user_id for message in self.messages if message.user_id}
            shown += [("the repr of what is stored", repr(self.record(owner))) for owner in owners]
        return [*shown, *((f"the log of {line.partition(':')[0]}", line) for line in self.logbook.lines)]

    def _files_with(self, secret: str) -> list[str]:
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return [f"the file {path.name}" for path in files if secret.encode() in path.read_bytes()]


async def _at_once(_: float) -> None:
    """The provider's sleep: nobody waits for a fault that is merely slow."""


def _forms(secret: str) -> set[str]:
    """A secret as it is, and as it looks in a URL and in base64."""
    return {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]}


def _misplaced(reply: Reply, codes: list[str]) -> list[str]:
    """The user code belongs into the one text that shows it, and never into an address (rules 3 and 6)."""
    for code in codes:
        if any(code in note for note in reply.notes) or code in (reply.verification_url or ""):
            return ["a note or an address"]
        if code in reply.text and reply.user_code != code:
            return ["a text that does not show it"]
    return []
