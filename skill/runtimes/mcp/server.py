"""`openai_oauth` as an MCP tool."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, Any, Literal, cast

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.types import ToolAnnotations
from pydantic import Field

from intents import read
from skill.core.replies import Catalogue, catalogue, pick_language
from skill.oauth.tool import NAME, SCHEMA
from skill.onboarding import Onboarding
from skill.runtimes.mcp.desk import AnswerComesLaterError, Desk
from skill.runtimes.mcp.questions import Person, Questions
from skill.runtimes.mcp.sdk import Context, MCPServer

PLATFORM = "mcp"
INSTRUCTIONS = (
    "Signs a person in with their own ChatGPT/Codex subscription. Call start only when they ask for it, tell them to "
    "open the page and enter the code, end your turn, and call poll once after they say that they approved it. "
    "The whole document is the resource skill://chatgpt-codex-onboarding/SKILL.md."
)
# One tool has seven actions, so its hints tell of the worst one: logout ends a login, and that can't be undone.
ANNOTATIONS = ToolAnnotations.model_validate(
    {
        "title": "ChatGPT/Codex sign-in",
        "readOnlyHint": False,
        "destructiveHint": True,
        "idempotentHint": False,
        "openWorldHint": True,
    }
)
_NEEDS_THE_PERSON = frozenset({"request_required", "confirmation_required"})
_PARAMETERS = SCHEMA["parameters"]["properties"]
_ActionName = Annotated[
    Literal["status", "start", "poll", "logout", "refresh", "models", "usage"],
    Field(description=_PARAMETERS["action"]["description"]),
]
_PendingId = Annotated[str | None, Field(description=_PARAMETERS["pending_id"]["description"])]
_Force = Annotated[bool, Field(description=_PARAMETERS["force"]["description"])]
_UserMessage = Annotated[str | None, Field(description=_PARAMETERS["user_message"]["description"])]


@dataclass(frozen=True, slots=True)
class _Call:
    """What the agent wants, and for whom."""

    person: Person
    action: str
    pending_id: str | None
    force: bool
    user_message: str | None


def build(
    onboarding: Onboarding, local_user: str | None = None, language: str | None = None, **options: Any
) -> MCPServer:
    """The server, to run over stdio or to mount; `options` go to the SDK's own, such as `token_verifier` and `auth`.

    `local_user`: who calls where the transport verifies nobody, which is right for stdio alone. Without it a call
    that carries no verified token is refused. `language`: of the questions, where the person's words tell none.
    """
    server: MCPServer = MCPServer(NAME, instructions=INSTRUCTIONS, log_level="WARNING", **options)
    bridge = _Bridge(onboarding, language)

    @server.tool(name=NAME, description=SCHEMA["description"], annotations=ANNOTATIONS)
    async def openai_oauth(
        ctx: Context,
        action: _ActionName,
        pending_id: _PendingId = None,
        force: _Force = False,
        user_message: _UserMessage = None,
    ) -> dict[str, Any]:
        person = _caller(local_user)
        if person is None:
            return await onboarding.openai_oauth(action, user_id="")
        # A question goes out in the answer's place; the SDK passes it on as it is.
        return cast("dict[str, Any]", await bridge.answer(ctx, _Call(person, action, pending_id, force, user_message)))

    @server.resource("skill://chatgpt-codex-onboarding/SKILL.md", name="SKILL.md", mime_type="text/markdown")
    def skill_document() -> str:
        return files("skill").joinpath("SKILL.md").read_text(encoding="utf-8")

    return server


def _caller(local_user: str | None) -> Person | None:
    """The verified token's owner, under whom the issuer knows them; client names and headers are no identity."""
    token = get_access_token()
    if token is None:
        return Person(local_user) if local_user else None
    issuer = (getattr(token, "claims", None) or {}).get("iss")
    return Person(getattr(token, "subject", None) or token.client_id, str(issuer or ""))


class _Bridge:
    """From a call to the skill and to the person, and back."""

    def __init__(self, onboarding: Onboarding, language: str | None) -> None:
        self._onboarding, self._language = onboarding, language
        self._questions = Questions()

    async def answer(self, ctx: Context, call: _Call) -> Any:
        """The tool's answer, or the question that comes before it."""
        desk = Desk(ctx, self._questions, call.person, call.action)
        words = catalogue(pick_language(read(call.user_message or "").language, self._language))
        try:
            return desk.shown or await self._shown(desk, words, await self._agreed(desk, words, call))
        except AnswerComesLaterError as later:
            return later.result

    async def _agreed(self, desk: Desk, words: Catalogue, call: _Call) -> dict[str, Any]:
        """Try without the person, who may have been heard elsewhere; ask them only if it takes their word."""
        answer = await self._tool(call, bool(desk.agreed))
        if answer.get("error") in _NEEDS_THE_PERSON and desk.agreed is None:
            if not desk.can_ask:
                trusted = self._onboarding.settings.trust_quoted_words
                hint = "" if trusted else " " + catalogue("en").text("cannot_ask")
                return answer | {"message": answer["message"] + hint}
            answer = await self._tool(call, await desk.agrees(words.text(f"agree_{call.action}")))
        if answer.get("status") == "connected" and call.pending_id:
            await desk.done(call.pending_id)
        return answer

    async def _shown(self, desk: Desk, words: Catalogue, answer: dict[str, Any]) -> dict[str, Any]:
        """A code goes to the person past the model where the client can do that; else as text to be shown."""
        if "user_code" not in answer:
            return answer
        text = words.text("display", **answer)
        if desk.can_open:
            kept = {name: answer[name] for name in ("ok", "pending_id", "expires_at", "interval")}
            shown = await desk.show(text, answer["verification_url"], kept)
            if shown:
                return shown
        return answer | {"show_user": text}

    async def _tool(self, call: _Call, agreed: bool) -> dict[str, Any]:
        return await self._onboarding.openai_oauth(
            call.action,
            call.pending_id,
            call.force,
            call.user_message,
            user_id=call.person.user_id,
            platform=PLATFORM,
            account=call.person.account,
            agreed=agreed,
        )
