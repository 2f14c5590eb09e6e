"""From a file to a `Script`, or to errors that name file, line and key; and the schema for editors."""

import difflib
import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from intents.source import LexiconError, Source
from skill.testing.script import STEPS, Heard, Script, Step

SUFFIX = ".conversation.yaml"


class ScriptError(ValueError):
    """A file that is no conversation; the message has a line for each fault."""


class Read:
    """A script, and where each of its steps stands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            source = Source(path)
        except LexiconError as error:
            raise ScriptError(str(error)) from None
        try:
            self.script = Script.model_validate(source.value)
        except ValidationError as error:
            raise ScriptError("\n".join(_faults(error, source))) from None
        self.lines = [source.lines["steps", number] for number in range(len(self.script.steps))]


def read(path: Path) -> Read:
    """The script of this file. Raises `ScriptError`, and `OSError` where there is none to read."""
    return Read(path)


def _faults(error: ValidationError, source: Source) -> list[str]:
    """A line for each wrong place."""
    found: dict[str, None] = {}
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        path = _path(detail["loc"], source)
        missing = detail["type"] == "missing"
        why = f"{detail['loc'][-1]} is missing" if missing else _reason(detail["type"], detail["msg"], path)
        found[str(source.fault(path, why))] = None
    return list(found)


def _path(loc: tuple[str | int, ...], source: Source) -> tuple[str | int, ...]:
    """The place in the file: pydantic's own, without the names of our models in between."""
    path: tuple[str | int, ...] = ()
    for part in loc[:2] + loc[3:] if loc[:1] == ("steps",) else loc:  # the third is the kind of the step
        if (*path, part) in source.lines:
            path = (*path, part)
    return path


def _reason(kind: str, message: str, path: tuple[str | int, ...]) -> str:
    if kind != "extra_forbidden":
        return message.removeprefix("Value error, ")
    near = difflib.get_close_matches(str(path[-1]), _keywords(), 1)
    return f"no such key here{f'; did you mean {near[0]!r}?' if near else ''}"


def _keywords() -> list[str]:
    models: list[type[Step]] = [Heard, *STEPS.values()]
    return [field.alias or name for model in models for name, field in model.model_fields.items()]


class _Plain(GenerateJsonSchema):
    """As a person fills it in: what may be left out needs no null, and a key is its own title."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def generate(self, schema: core_schema.CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        return {"$schema": self.schema_dialect, **super().generate(schema, mode=mode)}


def schema() -> dict[str, Any]:
    """The JSON Schema of a script, as it ships in `conversation.schema.json`."""
    return Script.model_json_schema(schema_generator=_Plain)


def schema_text() -> str:
    """The same as the file has it."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
