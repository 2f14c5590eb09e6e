"""The values of a script: what a person may write, what it stands for, and what an editor offers."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, PlainSerializer, Tag, WithJsonSchema
from typing_extensions import TypeAliasType

from skill.core.replies import catalogue, languages
from skill.core.states import Action
from skill.simulator.log import ENDPOINTS
from skill.testing.manners import CHAT_WITH, MANNERS, PLACES

ASKED = tuple(dict.fromkeys([*ENDPOINTS, *Action]))  # a host's own tool is asked for actions
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
Language = Annotated[str, _named(*languages()), _listing(*languages())]
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


Answer = Annotated[Annotated[Silence, Tag("silence")] | Annotated[Keys, Tag("keys")], Discriminator(_silence_or_keys)]
