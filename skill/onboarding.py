"""START HERE. One message through the whole pipeline: message -> intent -> machine -> action -> reply."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Self, TypeVar

import httpx

from intents import Label, Reading, read
from skill import speech
from skill.answers import Answers
from skill.clock import utc
from skill.core.machine import SPENDS_AN_INTENT, resting_state
from skill.core.session import IN_PROGRESS, Authorization
from skill.core.states import Action
from skill.doorbell import Doorbell
from skill.errors import StorageError
from skill.handover import Handover, Handovers
from skill.message import Message, Owner, OwnerKey, Reply
from skill.oauth.auth import SubscriptionAuth
from skill.oauth.builtin import BuiltinTool
from skill.oauth.credential import PREFIX, STATIC_MODELS
from skill.oauth.host import HostCallable, HostTool
from skill.oauth.logins import Logins
from skill.oauth.outcomes import Authorized, Denied, Outcome, StatusReport, in_contract
from skill.oauth.provider import Provider
from skill.oauth.refresh import Refresher
from skill.oauth.revoker import Revoker
from skill.oauth.tool import Tool
from skill.settings import Settings
from skill.stores.base import Record
from skill.stores.watch import OnModels, WatchedStore
from skill.tasks import Tasks
from skill.telemetry import turn_of
from skill.turns.claim import claim, claim_call, claim_refresh, concerns
from skill.turns.forget import Forgotten, cut_off
from skill.turns.settle import overtaken, refine, seal, settle
from skill.turns.values import At, Call, Heard, Settled, Turn, Verdict
from skill.upkeep import Upkeep

Claimed = TypeVar("Claimed")
PATIENCE = 25.0  # seconds that a message waits for a call in flight (conversation.md, section 3)

# A proxy of the environment is for the world outside, not for a provider on this machine.
NO_PROXY = ("all://127.0.0.1", "all://localhost", "all://[::1]")

log = logging.getLogger(__name__)


class Onboarding:
    """The hook, the tool and the door for direct calls; one per process, for every user.

    `tool`: a host's own `openai_oauth`, an async callable. `client`: an `httpx.AsyncClient` that stays yours.
    `now`: gives aware datetimes. `on_models(owner, models)`: for the runtime's model selector, called with the whole
    list whenever it changes, an empty one when the login ends. Use it as an async context manager.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        tool: HostCallable | None = None,
        client: httpx.AsyncClient | None = None,
        now: Callable[[], datetime] | None = None,
        on_models: OnModels | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self._now = now or utc
        self._own_client = client is None
        self._client = client or httpx.AsyncClient(mounts=dict.fromkeys(NO_PROXY))
        self._tasks, self._doorbell, self._answers = Tasks(), Doorbell(), Answers()
        self.store = WatchedStore(self.settings, self._now)
        self.store.on_models = on_models
        provider = Provider(self.settings, self._client, self._now)
        self._revoker = Revoker(self.store, provider, self._now)
        self._upkeep = Upkeep(self.settings, self.store, self._revoker, self._tasks, self._now)
        refresher = Refresher(self.store, provider, self._revoker, self._tasks, self._now)
        self.logins = Logins(self.store, refresher, self._now)
        self.handovers = Handovers(self.store, self.logins, self._now)
        self._tool: Tool = (
            HostTool(tool, self.settings, self._now)
            if tool
            else BuiltinTool(self.settings, provider, self.logins, self._revoker, self._now)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Wait for what is in flight, then let go of database and network."""
        self._upkeep.stop()
        await self._tasks.close()
        await self.store.close()
        if self._own_client:
            await self._client.aclose()

    # --- the hook --------------------------------------------------------------------------------------------------

    async def handle(self, message: Message) -> Reply | None:
        """The message hook. None: not ours, go on as if the skill were not there (conversation.md, section 3)."""
        if not message.original or message.text.lstrip().startswith("/"):
            return None
        reading = read(message.text)
        if reading.silent:
            return None
        if not message.private:
            return self._aside("private", message, reading)
        if message.owner is None:
            return self._aside("no_identity", message, reading)
        with turn_of(message) as turn:
            try:
                reply = await self._take(Heard(message, message.owner, reading, self._now()))
            except StorageError as fault:
                log.error("%s", fault)
                reply = self._aside("storage", message, reading)
            turn.end(reply)
            return reply

    async def _take(self, heard: Heard) -> Reply | None:
        """Claim, and carry out what was claimed."""
        owner, key = heard.owner, heard.message.key
        if heard.request.label is Label.NONE or self._tool.keeps_logins:
            record = await self.store.read(owner, key)
            if not concerns(self._at(), heard, record):
                return None
            heard = replace(heard, host_login=await self._host_login(heard, record))
        try:
            verdict = await self._claimed(
                owner, lambda waited, record: claim(self._at(), replace(heard, waited=waited), record), key
            )
            if isinstance(verdict, Turn):
                return (await self._finished(verdict)).reply
        except StorageError as fault:  # by now the message is known to be ours
            log.error("%s", fault)
            return self._aside("storage", heard.message, heard.reading) or self._plain(
                "storage", heard.message, heard.reading
            )
        if verdict is Verdict.WAIT:
            return self._plain("try_again", heard.message, heard.reading)
        return verdict if isinstance(verdict, Reply) else None

    async def _claimed(
        self, owner: Owner, claim_: Callable[[bool, Record], tuple[Record, Claimed]], key: str | None = None
    ) -> Claimed | Verdict:
        """The claim's verdict, once no other call of this person is in flight; `Verdict.WAIT` after 25 s."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + PATIENCE
        verdict = await self.store.transact(owner, partial(claim_, False), key)
        while verdict is Verdict.WAIT and loop.time() < give_up_at:
            await self._doorbell.wait(owner.key)
            if not (await self.store.read(owner)).session.busy(self._now()):
                verdict = await self.store.transact(owner, partial(claim_, True), key)
        return verdict

    async def _finished(self, turn: Turn) -> Settled:
        """The turn's end, reached even if the caller is cancelled; and nothing awaited between it and the answer."""
        with self._answers.underway(turn.owner.key) as answer:
            settled = await self._tasks.finish(self._carry_out(turn))
            if turn.action is Action.LOGOUT:
                answer.overtake()
            return overtaken(settled) if answer.overtaken else settled

    async def _carry_out(self, turn: Turn) -> Settled:
        """Call, settle, and again while the machine wants another call."""
        following: Turn | None = turn
        while following:
            turn = following
            outcome = await self._perform(turn)
            settled = await self._settled(turn, outcome)
            following = settled.following
        return await self._refined(turn, settled)

    async def _settled(self, turn: Turn, outcome: Outcome) -> Settled:
        """Store the outcome; one that can't be kept, or isn't wanted any more, is ended at the provider."""
        key = turn.heard.message.key if turn.heard else None
        brought = outcome.credential if isinstance(outcome, Authorized) else None
        try:
            try:
                settled = await self.store.transact(
                    turn.owner, lambda record: settle(self._at(), turn, outcome, record), key
                )
            except Exception:
                if brought:  # beside the answer, which is due though the store would be waited for once more
                    self._tasks.begin(self._tool.revoke(turn.owner, brought))
                raise
            if settled.discarded and brought:
                await self._tool.revoke(turn.owner, brought)
            self._upkeep.now_and_then()
            return settled
        finally:
            self._doorbell.ring(turn.owner.key)

    async def _refined(self, turn: Turn, settled: Settled) -> Settled:
        """After a login is safe in the store, the account's own models; what can't be had now comes later."""
        outcome = settled.outcome
        if settled.discarded or not isinstance(outcome, Authorized) or outcome.credential is None:
            return settled
        read = await self._tool.read_models(outcome.credential)
        try:
            key = turn.heard.message.key if turn.heard else None
            return await self.store.transact(turn.owner, partial(refine, self._at(), turn, settled, read), key)
        except StorageError as fault:
            log.error("%s", fault)
            return settled

    async def _perform(self, turn: Turn) -> Outcome:
        """The one call that the machine wants."""
        owner, tool, flow = turn.owner, self._tool, turn.step.session.flow
        match turn.action:
            case Action.START:
                return await tool.start(owner)
            case Action.POLL if flow:
                return await tool.poll(owner, flow, partial(self._seal, turn))
            case Action.LOGOUT:
                return await tool.logout(owner, turn.credential)
            case Action.REFRESH:
                return await tool.refresh(owner, turn.credential)
            case Action.MODELS:
                return await tool.models(owner)
            case Action.USAGE:
                return await tool.usage(owner)
        return await tool.status(owner, turn.credential, turn.step.state.value)

    async def _seal(self, turn: Turn, authorization: Authorization) -> bool:
        return await self.store.transact(turn.owner, lambda record: seal(turn, authorization, record))

    async def _host_login(self, heard: Heard, record: Record) -> speech.Login | None:
        """Rule 4 with a host's own tool: ask it, unless a sign-in is in progress here or the message came again."""
        if not self._tool.keeps_logins or record.receipt or record.session.state(heard.conversation) in IN_PROGRESS:
            return None
        status = await self._tool.status(heard.owner, None, "")
        if isinstance(status, StatusReport) and status.connected:
            return speech.Login(status.email or status.account_id, [PREFIX + slug for slug in STATIC_MODELS])
        return None

    def _at(self) -> At:
        return At(self.settings, self._now())

    def _aside(self, say: str, message: Message, reading: Reading) -> Reply | None:
        """What can be said to a request without the store: hand-offs are as ever, all else is `say`."""
        request = reading.classify(None)
        if request.label is Label.NONE:
            return None
        handed = f"handoff_{request.label}"
        return self._plain(handed if handed in speech.HANDOFFS else say, message, reading)

    def _plain(self, say: str, message: Message, reading: Reading) -> Reply | None:
        """A reply that needs no store. Where an agent speaks, only a warning about a pasted key is ours to say."""
        reply = speech.aside(say, reading.language, message, reading.secret, self.settings.handoffs)
        return reply if reply.sensitive or self.settings.answers == "hook" else None

    # --- the tool --------------------------------------------------------------------------------------------------

    async def openai_oauth(
        self,
        action: str,
        pending_id: str | None = None,
        force: bool = False,
        user_message: str | None = None,
        *,
        user_id: str,
        conversation_id: str = "",
        platform: str = "",
        account: str = "",
        agreed: bool = False,
    ) -> dict[str, Any]:
        """The tool, for the runtime to offer to its model (conversation.md, section 7).

        Who and where come from the runtime, never from the model's arguments, and so does `agreed`: the runtime itself
        asked the person about this very call, and they said yes. Returns a plain dict: `ok`, and on failure `error`,
        `message` and perhaps `retry_after` in seconds. Raises `ValueError` for an unknown action.
        """
        wanted, owner = Action(action), Owner(platform, account, user_id)
        if not user_id:
            return in_contract(Denied("request_required"))
        try:
            if wanted in SPENDS_AN_INTENT:
                quoted = read(user_message) if user_message and self.settings.trust_quoted_words else None
                answer = await self._spend(Call(owner, conversation_id, wanted, pending_id, quoted, agreed))
            else:
                answer = await self._look(owner, wanted, conversation_id, force)
        except StorageError as fault:
            log.error("%s", fault)
            answer = Denied("storage")
        return in_contract(answer)

    async def _spend(self, call: Call) -> Outcome | Denied:
        """An action that changes things: through the same guard, machine, claim and settle as a message."""
        verdict = await self._claimed(call.owner, lambda _, record: claim_call(self._at(), call, record))
        if isinstance(verdict, Turn):
            return (await self._finished(verdict)).outcome
        return verdict if isinstance(verdict, Denied) else Denied("rate_limited", retry_after=5)

    async def _look(self, owner: Owner, action: Action, conversation: str, force: bool) -> Outcome | Denied:
        """An action that asks, or refreshes; for anybody who holds the tool."""
        record = await self.store.read(owner)
        match action:
            case Action.MODELS:
                return await self._tool.models(owner, force)
            case Action.USAGE:
                return await self._tool.usage(owner, force)
            case Action.REFRESH:
                denied = await self.store.transact(owner, partial(claim_refresh, self._at()))
                return denied or await self._tool.refresh(owner, record.credential)
        state = resting_state(record.session, conversation, record.credential is not None)
        return await self._tool.status(owner, record.credential, state.value)

    # --- upkeep ----------------------------------------------------------------------------------------------------

    async def tidy(self) -> None:
        """Finish what was left over: revocations that the provider has yet to confirm, codes long dead, old receipts.

        Done by itself after a turn, at most once an hour; a host may call it from its own scheduler.
        """
        await self._upkeep.tidy()

    async def forget(self, user_id: str, *, platform: str = "", account: str = "") -> Forgotten:
        """Delete all that is stored of a person, the audit trail too, and end their login at the provider.

        Raises `StorageError`. The provider is asked once: what it doesn't confirm can't be tried again later, for
        nothing is left that remembers it.
        """
        owner = Owner(platform, account, user_id)
        tokens = await self.store.transact(owner, cut_off)
        unconfirmed = [token for token in tokens if not await self._revoker.end(owner, token)]
        return Forgotten(await self.store.forget(owner), len(tokens), len(unconfirmed))

    async def ready(self) -> None:
        """For readiness probes: raises `StorageError` unless database and key can be used now."""
        await self.store.read(OwnerKey("nobody"))

    # --- direct calls ----------------------------------------------------------------------------------------------

    def auth(self, user_id: str, *, platform: str = "", account: str = "") -> SubscriptionAuth:
        """An `httpx.Auth` that makes calls to the configured backend with that person's subscription."""
        return SubscriptionAuth(self.logins, self.settings, Owner(platform, account, user_id), self._now)

    async def hand_over(self, user_id: str, *, platform: str = "", account: str = "", to: str) -> Handover:
        """Move that person's login to a runtime that keeps logins itself; see `Handovers.take` for what may happen.

        From then on it is `to` alone who uses and refreshes it; `status` says so until the person signs in anew.
        """
        return await self.handovers.take(Owner(platform, account, user_id), to)
