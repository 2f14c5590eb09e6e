"""`openai_oauth` for the agent SDKs whose tools are plain functions; docs/runtimes/agents.md.

None of them is imported here. An SDK gives its context to a parameter that it knows by its type, so that parameter is
taken over from the host's own function, the one that says who is writing.
"""

import inspect
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import Field

from skill.core.replies import catalogue
from skill.core.states import Action
from skill.message import Message
from skill.oauth.tool import NAME, SCHEMA
from skill.onboarding import Onboarding
from skill.runtimes.common import where

_DESCRIPTIONS = {name: each["description"] for name, each in SCHEMA["parameters"]["properties"].items()}
_PARAMETERS: dict[str, tuple[Any, Any]] = {
    "action": (
        Literal["status", "start", "poll", "logout", "refresh", "models", "usage"],
        inspect.Parameter.empty,
    ),
    "pending_id": (str | None, None),
    "force": (bool, False),
    "user_message": (str | None, None),
}

log = logging.getLogger(__name__)


def wrap_tool(onboarding: Onboarding, identity: Callable[..., Message | None]) -> Callable[..., Awaitable[str]]:
    """The tool as a function for an SDK's decorator; it answers with the tool contract's JSON and never raises.

    `identity` says which message is being answered: a function of the SDK's context, by name and type hint as the SDK
    wants it in a tool, or of nothing. Where it gives None, or a message that isn't private, every call is refused.
    """
    context = _context_of(identity)
    signature = _signature(context)

    async def openai_oauth(*args: Any, **kwargs: Any) -> str:
        try:
            given = signature.bind(*args, **kwargs).arguments
            said = identity(*(given.pop(each.name) for each in context))
            answer = _unknown(given["action"]) or await onboarding.openai_oauth(**_called(given), **_caller(said))
        except Exception as fault:  # noqa: BLE001 (the SDK would show its text to the model)
            log.error("a tool call was not carried out: %s", where(fault))
            answer = {"ok": False, "error": "storage", "message": catalogue("en").text("error_storage")}
        return json.dumps(answer, ensure_ascii=False)

    described: Any = openai_oauth
    described.__name__ = described.__qualname__ = NAME
    described.__doc__ = SCHEMA["description"]
    described.__signature__ = signature
    described.__annotations__ = {each.name: each.annotation for each in signature.parameters.values()} | {"return": str}
    return openai_oauth


def _context_of(identity: Callable[..., Message | None]) -> list[inspect.Parameter]:
    """The parameter for the SDK's context, its type hint resolved where it was written; none or one."""
    hints = get_type_hints(identity)
    taken = list(inspect.signature(identity).parameters.values())[:1]
    return [
        inspect.Parameter(
            each.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            annotation=hints.get(each.name, inspect.Parameter.empty),
        )
        for each in taken
    ]


def _signature(context: list[inspect.Parameter]) -> inspect.Signature:
    """The context, then the arguments of the tool's schema."""
    arguments = [
        inspect.Parameter(
            name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=default,
            annotation=Annotated[kind, Field(description=_DESCRIPTIONS[name])],
        )
        for name, (kind, default) in _PARAMETERS.items()
    ]
    return inspect.Signature([*context, *arguments], return_annotation=str)


def _unknown(action: str) -> dict[str, Any] | None:
    """The answer to an action that there is not."""
    if action in {each.value for each in Action}:
        return None
    return {"ok": False, "error": "unknown_action", "message": "There is no such action."}


def _called(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments, of which an SDK in strict mode fills in every one."""
    return {name: value for name, value in given.items() if value is not None}


def _caller(said: Message | None) -> dict[str, Any]:
    """Whose call it is, and where."""
    if said is None or not said.private:
        return {"user_id": ""}
    names = ("platform", "account", "conversation_id")
    return {"user_id": said.user_id or ""} | {name: getattr(said, name) for name in names}
