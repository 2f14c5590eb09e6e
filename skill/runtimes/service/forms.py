"""What comes in and goes out, as models: they check the requests, and /openapi.json is made of them."""

from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from skill.core.states import Action
from skill.message import Owner, Reply
from skill.runtimes.service.answers import wrong_form

Form = TypeVar("Form", bound=BaseModel)


def read(form: type[Form], body: bytes) -> Form:
    """The body as that form, its types taken strictly; raises `Problem` (400 or 422)."""
    try:
        return form.model_validate_json(body, strict=True)
    except ValidationError as error:
        problem = wrong_form(error, frozenset(form.model_fields))
    raise problem


class _Person(BaseModel):
    """Who and where, as the host knows it; never what a model or a text says."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    user_id: str = Field(min_length=1)
    platform: str = ""
    account: str = ""

    @property
    def owner(self) -> Owner:
        """To whom everything belongs."""
        return Owner(self.platform, self.account, self.user_id)


class ToolCall(_Person):
    """One call of `openai_oauth`: the model's arguments beside the host's word on who is asking."""

    action: Action
    private: bool = Field(description="whether nobody else reads along; unknown is false")
    conversation_id: str = ""
    pending_id: str | None = Field(default=None, description="from start; poll needs it")
    force: bool = Field(default=False, description="models, usage: bypass the cache")
    user_message: str | None = Field(
        default=None, repr=False, description="the person's own words; read only where the operator allows it"
    )


class ModelCall(_Person):
    """A question to a model, paid for by that person's subscription."""

    model: str = Field(min_length=1, examples=["openai-codex/gpt-5-codex"])
    instructions: str = Field(default="Be helpful and brief.", min_length=1, repr=False)
    input: list[dict[str, Any]] = Field(min_length=1, repr=False, description="items of the Responses API")
    more: dict[str, Any] = Field(
        default_factory=dict, repr=False, description="further fields of the Responses API, such as tools or reasoning"
    )


class Handled(Reply):
    """The message is the skill's: send `text` unless it is empty, then each of `notes`."""

    handled: Literal[True] = True


class Passed(BaseModel):
    """Not the skill's: go on as if it were not there."""

    handled: Literal[False] = False


class Unfinished(BaseModel):
    """The skill's, but not yet answered: send it again with the same `webhook-id`."""

    handled: Literal[True] = True
    pending: Literal[True] = True


class ToolAnswer(BaseModel):
    """What `openai_oauth` returns: `ok`, and the fields of its action; on failure `error` and `message`."""

    model_config = ConfigDict(extra="allow")

    ok: bool
    error: str | None = None
    message: str | None = None
    retry_after: int | None = None


class Refusal(BaseModel):
    """What is wrong. Nothing of the request is repeated."""

    error: str
    message: str
    fields: dict[str, str] | None = Field(default=None, description="wrong fields, each with its reason")
    resets_at: str | None = Field(default=None, description="when a used-up plan resets")
