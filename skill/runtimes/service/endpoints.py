"""What each path does with a request that may speak: translate it, call the hook or the tool, translate the answer."""

from dataclasses import dataclass

from starlette.responses import Response

from skill.core.states import Action
from skill.errors import StorageError
from skill.message import Message
from skill.oauth.outcomes import Denied, in_contract
from skill.onboarding import Onboarding
from skill.runtimes.service.admission import Delivery
from skill.runtimes.service.answers import Answer, Problem, answer
from skill.runtimes.service.deliveries import claim
from skill.runtimes.service.forms import ModelCall, ToolCall, read
from skill.runtimes.service.metrics import Metrics
from skill.runtimes.service.models import Models

_LOOKS_ONLY = frozenset({Action.STATUS, Action.MODELS, Action.USAGE})


@dataclass(frozen=True)
class Endpoints:
    """One skill behind the paths."""

    onboarding: Onboarding
    models: Models
    metrics: Metrics

    async def message(self, delivery: Delivery) -> Answer:
        """`POST /v1/messages`: one message through the hook."""
        message = identified(read(Message, delivery.body), delivery)
        reply = await self.onboarding.handle(message)
        if reply is None:
            self.metrics.add("messages_total", outcome="passed")
            return answer({"handled": False}, passed=True)
        self.metrics.add("messages_total", outcome="repeated" if reply.repeated else reply.state.value)
        return answer({"handled": True, **reply.model_dump(mode="json")})

    async def tool(self, delivery: Delivery) -> Answer:
        """`POST /v1/tool`: one call of `openai_oauth`; what changes something is done once for a `webhook-id`."""
        call = read(ToolCall, delivery.body)
        if not call.private:
            raise Problem(403, "private_only")  # runtimes.md, section 4.6: an e-mail is nothing for a group
        try:
            if call.action not in _LOOKS_ONLY:
                await claim(self.onboarding.store, call.owner, delivery)
        except StorageError:
            return answer(in_contract(Denied("storage")))
        return answer(await self.onboarding.openai_oauth(**call.model_dump(exclude={"private"})))

    async def response(self, delivery: Delivery) -> Response:
        """`POST /v1/responses`: a model's answer as a stream of events. A stream is not kept: a repeat is refused."""
        call = read(ModelCall, delivery.body)
        try:
            await claim(self.onboarding.store, call.owner, delivery)
        except StorageError:
            raise Problem(503, "storage") from None
        return await self.models.ask(call)

    async def ready(self) -> None:
        """Raises `Problem` (503) unless database and key can be used now."""
        try:
            await self.onboarding.ready()
        except StorageError:
            raise Problem(503, "not_ready") from None


def identified(message: Message, delivery: Delivery) -> Message:
    """The message with what the delivery knows beside it.

    An id where the host gives none: a `webhook-id` stays the same on redelivery (runtimes.md, section 2). And the
    signed moment as the time of sending, so that a "done" that is played back confirms no code shown after it.
    """
    known = {}
    if message.message_id is None and delivery.id:
        known["message_id"] = f"webhook {delivery.id}"
    if message.sent_at is None and delivery.sent_at:
        known["sent_at"] = delivery.sent_at  # type: ignore[assignment]
    return message.model_copy(update=known) if known else message
