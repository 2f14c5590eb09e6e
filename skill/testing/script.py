"""A scripted conversation: the models of `*.conversation.yaml`. Its JSON Schema is generated from them.

    title: Ana connects her subscription
    steps:
      - Ana: Sign in with my ChatGPT account
        skill: display                  # a key of skill/replies/*.yaml, or `passes through`
        asked: start                    # all that the provider was asked by this step
      - browser: approve
      - passes: 1 minute
      - Ana: done
        text: Connected as ana@example.test. You can switch with `/model openai-codex/gpt-5-codex`.
        asked: poll exchange models

What a step doesn't mention isn't compared. Keys begin with a small letter, people's names don't.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from skill.core.replies import catalogue
from skill.core.states import Action, State
from skill.settings import defaults
from skill.simulator.accounts import Account as ProviderAccount
from skill.simulator.faults import TABLE, Faults
from skill.simulator.log import ENDPOINTS
from skill.testing.fields import PERSON, Answer, Asked, Keys, Language, Manner, Place, Values, Words
from skill.testing.line import MISHAPS
from skill.testing.spans import Span

ANA = "ana@example.test"


class Part(BaseModel):
    """Whatever a script is made of: nothing unknown is overlooked."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)


class Step(Part):
    """One thing that happens, and what must be true after it."""

    asked: Asked | None = Field(None, description="all that the provider was asked by this step, or `nothing`")
    logins: int | None = Field(None, ge=0, description="how many logins are alive at the provider")


class Heard(Step):
    """A step that the skill may answer."""

    skill: Answer | None = Field(None, description="key of the text, or keys of its paragraphs; or how it is silent")
    values: dict[str, str] = Field({}, description="what stands for the placeholders of the text; others don't matter")
    text: str | None = Field(None, description="the whole text; {user_code} and {verification_url} are filled in")
    mentions: Words = Field([], description="words that are said, in the text or beside it")
    omits: Words = Field([], description="words that aren't said")
    adds: Keys | None = Field(None, description="keys of what is said beside the text")
    state: State | None = Field(None, description="where the conversation stands after it")
    language: Language | None = Field(None, description="of the answer")
    handoff: str | None = Field(None, description="the skill that takes over, or `nobody`")
    models: Words | None = Field(None, description="what is in the model selector after it")
    sensitive: bool | None = Field(None, description="the runtime keeps this message from logs and models")
    repeated: int | None = Field(None, ge=0, description="how many of the answers are marked as repeated")

    @model_validator(mode="after")
    def _has_these_values(self) -> Self:
        keys = self.skill if isinstance(self.skill, list) else []
        known = {name for key in keys for name in catalogue("en").entries[key].placeholders}
        odd = sorted(set(self.values) - known)
        if odd:
            raise ValueError(f"the text has no placeholder {odd[0]!r}; it has: {', '.join(sorted(known)) or 'none'}")
        return self


def _named_by_a_person(schema: dict[str, Any]) -> None:
    """In the file the person's name is the key, and their words the value."""
    for name in ("who", "says"):
        del schema["properties"][name]
        schema["required"].remove(name)
    if not schema["required"]:
        del schema["required"]
    words = {"type": ["string", "number", "boolean"], "description": "who says it: what they say"}
    schema["patternProperties"] = {PERSON: words}
    schema["not"] = {"propertyNames": {"pattern": "^[a-z]"}}  # somebody speaks


class Says(Heard):
    """Somebody writes, in their private chat unless told otherwise."""

    model_config = ConfigDict(json_schema_extra=_named_by_a_person)

    who: str
    says: str
    where: Place | None = Field(None, description="in which chat")
    how: Manner | None = Field(None, description="how the message came about")
    sent: Span | None = Field(None, description='how long ago it was written, such as "30 seconds ago"')
    times: int = Field(1, ge=1, le=100, description="how often it is delivered at once")

    @model_validator(mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        """The one key that is no keyword is who speaks."""
        if not isinstance(given, Mapping):
            return given
        names = [name for name in given if re.match(PERSON, name)]
        if len(names) != 1:
            raise ValueError("one person speaks at a time")
        rest = {name: value for name, value in given.items() if name != names[0]}
        return rest | {"who": names[0], "says": given[names[0]]}


class Again(Heard):
    """A message that was said before is delivered again."""

    again: str = Field(description="the words of the message; of several the latest")
    where: Place | None = Field(None, description="in which chat")
    times: int = Field(1, ge=1, le=100, description="how often, at once")


class Do(Heard):
    """The skill restarts; an answer that was `held back` arrives; whoever still waits is answered."""

    do: Literal["restart", "release", "wait"]


class Browser(Step):
    """What the person does on the provider's page, with the code that was issued last."""

    browser: Literal["approve", "decline"]
    account: str = Field(ANA, description="as whom")


class Passes(Step):
    """Time passes, for skill and provider alike; nobody waits for it."""

    passes: Span


class Fault(Step):
    """Something goes wrong with the next call: `codex-onboarding provider --faults` lists what can, and its options.

    Beside those the call itself may be `unreachable`, be `held back` until `do: release`, or end in a `crash`.
    """

    fault: str = Field(description='the call and what befalls it, such as "poll 500"', examples=["poll 500"])
    options: Values = {}

    @property
    def parts(self) -> tuple[str, str]:
        """Which call, and what befalls it."""
        endpoint, _, name = self.fault.partition(" ")
        return endpoint, name

    @model_validator(mode="after")
    def _exists(self) -> Self:
        endpoint, name = self.parts
        if name not in MISHAPS or endpoint not in ENDPOINTS:
            Faults(TABLE).set(endpoint, name, 1, self.options)
        return self


class Login(Step):
    """What the provider does to a login: `ended`, no refresh helps; `invalidated`, a refresh helps."""

    login: Literal["ended", "invalidated"]
    account: str = Field(ANA, description="whose")


class Account(Step):
    """An account at the provider, new or changed."""

    account: str
    has: Values = Field(description="such as models, plan, codex or email")

    @field_validator("has")
    @classmethod
    def _fits(cls, has: dict[str, Any]) -> dict[str, Any]:
        names = [field.name for field in fields(ProviderAccount)]
        odd = [name for name in has if name not in names]
        if odd:
            raise ValueError(f"an account has no {odd[0]!r}; it has: {', '.join(names)}")
        return has


class Arguments(Part):
    """What the agent hands to the tool."""

    force: bool = False
    user_message: str | None = Field(None, description="the person's words, as the agent quotes them")
    pending_id: str | None = Field(None, description="of a poll; left out, the one that the agent got last")


class ToolCall(Step):
    """The agent calls `openai_oauth`."""

    tool: Action
    person: str = Field(alias="for", description="for whom")
    arguments: Arguments = Field(Arguments(), alias="with")
    answers: Values = Field({}, description="the fields that matter")


class ModelCall(Step):
    """A model is called with that person's subscription."""

    calls: str = Field(description="whose subscription it is")


STEPS: Mapping[str, type[Step]] = {
    "again": Again,
    "do": Do,
    "browser": Browser,
    "passes": Passes,
    "fault": Fault,
    "login": Login,
    "account": Account,
    "tool": ToolCall,
    "calls": ModelCall,
}


def _kind(step: object) -> str | None:
    """A step's first key says what it is; `account` stands in others as well, and comes last."""
    if isinstance(step, Step):
        return next((name for name, model in STEPS.items() if type(step) is model), "says")
    if not isinstance(step, Mapping):
        return None
    found = [name for name in STEPS if name in step]
    return found[0] if found else "says" if any(re.match(PERSON, name) for name in step) else None


AnyStep = Annotated[
    Annotated[Says, Tag("says")]
    | Annotated[Again, Tag("again")]
    | Annotated[Do, Tag("do")]
    | Annotated[Browser, Tag("browser")]
    | Annotated[Passes, Tag("passes")]
    | Annotated[Fault, Tag("fault")]
    | Annotated[Login, Tag("login")]
    | Annotated[Account, Tag("account")]
    | Annotated[ToolCall, Tag("tool")]
    | Annotated[ModelCall, Tag("calls")],
    Discriminator(
        _kind,
        custom_error_type="step",
        custom_error_message=f"a step has a person's name with a capital letter, or one of: {', '.join(STEPS)}",
    ),
]


class Script(Part):
    """A conversation, and how things stand when it begins."""

    title: str = Field(min_length=1, description="what it shows")
    about: str | None = Field(None, description="who demands it")
    settings: Values = Field({}, description="what the operator has set: names of `skill/settings.py`")
    clients: dict[str, str] = Field({}, description="the language that a person's chat client is set to")
    host: dict[Action, Values] | None = Field(
        None, description="the platform's own tool: what it answers to each action"
    )
    workers: int = Field(1, ge=1, le=8, description="how many processes serve the data folder")
    steps: list[AnyStep] = Field(min_length=1)

    @field_validator("settings")
    @classmethod
    def _accepted(cls, settings: dict[str, Any]) -> dict[str, Any]:
        try:
            defaults(**settings)
        except ValidationError as error:
            wrong = error.errors()[0]
            raise ValueError(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None
        return settings
