"""One stage on which people, the skill and a provider meet.

    with Stage() as stage:
        stage.say("Ana", "Sign in with my ChatGPT account")
        stage.provider.approve(stage.code)
        stage.clock.advance(timedelta(seconds=40))
        stage.say("Ana", "done")
        assert stage.provider.count("poll") == 1

Everything is the real thing except time, which passes only when it is told to: skill, provider and the event loop
share one clock, so nothing here sleeps. A stage is used from plain, synchronous code.
"""

import asyncio
import tempfile
from collections.abc import Coroutine, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from skill.errors import NotConnectedError, ReloginRequiredError, StorageError
from skill.message import Message, Owner, Reply
from skill.onboarding import Onboarding
from skill.settings import defaults
from skill.simulator import LocalProvider, serve_in_thread
from skill.simulator.log import ENDPOINTS
from skill.stores.base import Record
from skill.stores.keys import FilePlace
from skill.testing.clock import Clock
from skill.testing.evidence import Evidence
from skill.testing.host import Host
from skill.testing.line import Line
from skill.testing.logbook import Logbook
from skill.testing.underway import Underway
from skill.testing.watch import CountedStore

Result = TypeVar("Result")


class Stage:
    """A data folder, a provider, a skill that can be restarted, and people who talk to it.

    Without a folder it has one of its own, as long as the block lasts. `settings` are those of the next skill that
    starts; whatever is set in the environment doesn't count.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._open = ExitStack()
        self.folder = folder or Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="stage-")), "home")
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
        self._underway = Underway(self.line)
        self._store_used = 0

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
        settings = defaults(home=self.folder, **self.settings)
        skill = Onboarding(settings, tool=tool, client=self.client, now=self.clock.now)
        skill.store = CountedStore(skill.store, self.line, self._keep_key)  # type: ignore[assignment]
        return skill

    def _keep_key(self) -> None:
        """A key file, which is found first, so that no key is left in the keyring of whoever runs this."""
        if "key" not in self.settings:
            with suppress(StorageError, OSError):  # the skill itself says what is wrong with the folder
                FilePlace(self.folder).made()

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
        self.replies = []
        self._heard(self.run(self._arrive(message, times)))

    async def _arrive(self, message: Message, times: int) -> list[Reply | None]:
        return await self._underway.deliver(message, times, self._running())  # on the loop, where a skill starts

    def _heard(self, replies: list[Reply | None]) -> None:
        self.replies += replies
        self.transcript += filter(None, replies)

    @property
    def reply(self) -> Reply | None:
        """The last reply."""
        return self.replies[-1] if self.replies else None

    def find(self, text: str) -> Message:
        """The latest message with that text."""
        return next(message for message in reversed(self.messages) if message.text == text)

    def wait(self) -> None:
        """Until everybody who has to wait is answered; what nobody releases ends by the clock."""
        self._heard(self.run(self._underway.finish()))

    def change_account(self, email: str, fields: Mapping[str, Any]) -> None:
        """Change an account at the provider, or make it; the fields are those of `Account`."""
        known = email in self.provider.accounts
        account = self.provider.accounts.get(email) if known else self.provider.add_account(email)
        for name, value in fields.items():
            setattr(account, name, value)

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
        if self.host:
            self.host.calls.clear()
        self._store_used = self._used()

    def asked(self, endpoint: str | None = None) -> int:
        """How often the provider was asked, or a host's own tool where there is one."""
        if self.host:
            return len(self.host.calls) if endpoint is None else self.host.calls.count(endpoint)
        return self.provider.count(endpoint)

    def requests(self) -> list[str]:
        """What was asked, in order of arrival; whoever opened a page isn't counted."""
        if self.host:
            return list(self.host.calls)
        return [record.endpoint for record in self.provider.requests if record.endpoint in ENDPOINTS]

    @property
    def store_asked(self) -> int:
        """How often the store was read or written."""
        return self._used() - self._store_used

    def _used(self) -> int:
        return sum(skill.store.used for skill in self._skills if isinstance(skill.store, CountedStore))

    def record(self, who: str) -> Record:
        """What is stored of a person."""
        return self.run(self.skill.store.read(Owner("", "", who.lower())))

    def traces(self, words: str) -> list[str]:
        """Where these words turn up: said, logged, shown by a repr, or in the data folder."""
        return self.evidence.traces(words)

    def leaks(self) -> list[str]:
        """Where a secret of the provider's, or a user code, is that doesn't belong there (rule 6); never the secret."""
        return self.evidence.leaks(self.provider.secrets(), [code.user_code for code in self.provider.codes])

    @property
    def evidence(self) -> Evidence:
        """What was said, shown and stored so far."""
        shown = [(f"the repr of a reply, {reply.state}", repr(reply)) for reply in self.transcript]
        shown += [(f"the repr of a message, {message.text[:9]!r}", repr(message)) for message in self.messages]
        with suppress(StorageError):
            owners = {message.user_id for message in self.messages if message.user_id}
            shown += [("the repr of what is stored", repr(self.record(owner))) for owner in owners]
        shown += [(f"the log of {line.partition(':')[0]}", line) for line in self.logbook.lines]
        return Evidence(self.transcript, shown, self.folder)


async def _at_once(_: float) -> None:
    """The provider's sleep: nobody waits for a fault that is merely slow."""
