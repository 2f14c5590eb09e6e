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

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from typing_extensions import TypeAliasType

from skill.core.replies import catalogue
from skill.core.states import Action, State
from skill.settings import defaults
from skill.simulator.accounts import Account as ProviderAccount
from skill.simulator.faults import TABLE, Faults
from skill.simulator.log import ENDPOINTS
from skill.testing.line import MISHAPS
from skill.testing.manners import CHAT_WITH, MANNERS, PLACES
from skill.testing.spans import Span

ASKED = tuple(dict.fromkeys([*ENDPOINTS, *Action]))  # a host's own tool is asked for actions
ANA = "ana@example.test"


PERSON = "^[^a-z]"  # what isn't a keyword is a name


def _listed(value: object) -> object:
    """One word where a list of them may stand."""
    return [value] if isinstance(value, str) else value


def _plain(value: object) -> object:
    """Words of the file as the values they stand for: numbers, true, false and null; everything else stays words."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str) and re.fullmatch(r"true|false|null|-?(0|[1-9]\d{0,14})(\.\d+)?", value):
        return json.loads(value)
    return value


def _asked(value: object) -> object:
    """All the names, in any order, as often as each was asked for."""
    return [] if value == "nothing" else value.split() if isinstance(value, str) else value


def _named(*names: str, also: str = "") -> Any:
    """One of these names; a name beginning with `also` is one too."""

    def check(value: str) -> str:
        if value not in names and not (also and value.startswith(also)):
            raise ValueError(f"{value!r} is none of: {', '.join(names)}{also and f', {also}Ben'}")
        return value

    return AfterValidator(check)


def _known(value: str) -> str:
    if value not in catalogue("en").entries:
        raise ValueError(f"no text has the key {value!r}; skill/replies/en.yaml has them all")
    return value


def _listing(*names: str) -> WithJsonSchema:
    """For the editor, which shows what is possible."""
    return WithJsonSchema({"type": "string", "enum": list(names)})


# Named, so that the schema has its list once.
Key = TypeAliasType("Key", Annotated[str, AfterValidator(_known), _listing(*catalogue("en").entries)])
Keys = Annotated[list[Key], BeforeValidator(_listed, json_schema_input_type=Key | list[Key]), Field(min_length=1)]
Words = Annotated[list[str], BeforeValidator(_listed, json_schema_input_type=str | list[str])]
Silence = Literal["passes through", "says nothing", "waits"]
Place = Annotated[
    str,
    _named(*PLACES, also=CHAT_WITH),
    WithJsonSchema({"type": "string", "examples": [*PLACES, f"{CHAT_WITH}Ben"]}),
]
Manner = Annotated[str, _named(*MANNERS), _listing(*MANNERS)]
Values = Annotated[dict[str, Any], BeforeValidator(_plain)]
Asked = Annotated[
    list[Annotated[str, _named(*ASKED)]],
    BeforeValidator(_asked),
    PlainSerializer(lambda asked: " ".join(asked) or "nothing"),
    WithJsonSchema({"type": "string", "examples": ["nothing", "start", "poll exchange models"]}),
]


def _silence_or_keys(value: object) -> str:
    return "silence" if value in get_args(Silence) else "keys"


class Part(BaseModel):
    """Whatever a script is made of: nothing unknown is overlooked."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)


class Step(Part):
    """One thing that happens, and what must be true after it."""

    asked: Asked | None = Field(None, description="all that the provider was asked by this step, or `nothing`")
    logins: int | None = Field(None, ge=0, description="how many logins are alive at the provider")


class Heard(Step):
    """A step that the skill may answer."""

    skill: (
        Annotated[Annotated[Silence, Tag("silence")] | Annotated[Keys, Tag("keys")], Discriminator(_silence_or_keys)]
        | None
    ) = Field(None, description="key of the text, or keys of its paragraphs; or how it is silent")
    values: dict[str, str] = Field({}, description="what stands for the placeholders of the text; others don't matter")
    text: str | None = Field(None, description="the whole text; {user_code} and {verification_url} are filled in")
    mentions: Words = Field([], description="words that are said, in the text or beside it")
    omits: Words = Field([], description="words that aren't said")
    adds: Keys | None = Field(None, description="keys of what is said beside the text")
    state: State | None = Field(None, description="where the conversation stands after it")
    language: Literal["en", "zh"] | None = Field(None, description="of the answer")
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
