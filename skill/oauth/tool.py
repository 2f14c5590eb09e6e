"""`openai_oauth`: its form for LLM function calling, and the seam behind which our own or a host's tool works."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from skill.core.session import Authorization, Flow
from skill.core.states import Action
from skill.message import Owner
from skill.oauth.credential import Credential
from skill.oauth.outcomes import Outcome

NAME = "openai_oauth"

# conversation.md, section 7. JSON Schema 2020-12, as the function-calling interfaces of today take it.
SCHEMA: dict[str, Any] = {
    "name": NAME,
    "description": (
        "Sign a person in with their own ChatGPT/Codex subscription (OAuth device code) and look after that login. "
        "`start`, `poll` and `logout` work only after the person asked for them in their own words; never poll on "
        "your own. Show `verification_url` and `user_code` as two separate lines and never put the code into the URL."
    ),
    "parameters": {
        "type": "object",
        "properties": {
            "action": {
                "type": "string",
                "enum": [action.value for action in Action],
                "description": (
                    "status: whether and as whom the person is connected. start: begin and get URL and code. "
                    "poll: ask once whether it was approved, after the person said so. logout: disconnect. "
                    "refresh: renew the token (debug; normally automatic). models: list the account's models. "
                    "usage: how much of the plan is used."
                ),
            },
            "pending_id": {"type": "string", "description": "From `start`; required for `poll`."},
            "force": {"type": "boolean", "default": False, "description": "models, usage: bypass the cache."},
            "user_message": {
                "type": "string",
                "description": "The person's own words, quoted exactly; read only where the operator allows it.",
            },
        },
        "required": ["action"],
        "additionalProperties": False,
    },
}

Keep = Callable[[Authorization], Awaitable[bool]]


class Tool(Protocol):
    """The seven actions as the machine wants them done. Each returns an outcome; only `StorageError` is raised.

    None of them asks whether it may be called: the one guard is `machine.may`.
    """

    keeps_logins: bool  # true for a host's own tool: no credential ever comes to us

    async def start(self, owner: Owner) -> Outcome: ...
    async def poll(self, owner: Owner, flow: Flow, keep: Keep) -> Outcome: ...
    async def status(self, owner: Owner, credential: Credential | None, state: str) -> Outcome: ...
    async def logout(self, owner: Owner, credential: Credential | None) -> Outcome: ...
    async def refresh(self, owner: Owner, seen: Credential | None) -> Outcome: ...
    async def models(self, owner: Owner, force: bool = False) -> Outcome: ...
    async def usage(self, owner: Owner, force: bool = False) -> Outcome: ...
    async def read_models(self, credential: Credential) -> Credential | None: ...
    async def revoke(self, owner: Owner, credential: Credential) -> None: ...
