"""/openapi.json: what the paths take and answer, made of the very models that check it."""

import re
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from skill import __version__
from skill.message import Message
from skill.oauth.tool import NAME
from skill.runtimes.service.forms import Handled, ModelCall, Passed, Refusal, ToolAnswer, ToolCall, Unfinished

Json = dict[str, Any]
_IN: tuple[type[BaseModel], ...] = (Message, ToolCall, ModelCall)
_OUT: tuple[type[BaseModel], ...] = (Handled, Passed, Unfinished, ToolAnswer, Refusal)

_SIGNING = """\
Signed as Standard Webhooks ask: `webhook-id`, `webhook-timestamp`, `webhook-signature` over `id.timestamp.body`.
Without a secret (`CODEX_ONBOARDING_WEBHOOK_SECRET`) the service hears programs on its own machine only. A `webhook-id`
has at most 256 characters, one effect and one answer."""

_HEADERS: list[Json] = [
    {"name": "webhook-id", "in": "header", "schema": {"type": "string"}, "example": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"},
    {"name": "webhook-timestamp", "in": "header", "schema": {"type": "string"}, "example": "1795348800"},
    {"name": "webhook-signature", "in": "header", "schema": {"type": "string"}, "example": "v1,K5oZfzN95Z9UVu1EsfQm"},
]
_PREFER: Json = {
    "name": "prefer",
    "in": "header",
    "schema": {"type": "string"},
    "description": "`wait=2.5`: answer 202 rather than take longer, and keep the answer for the next delivery",
    "example": "wait=2.5",
}
_WHY = {
    400: "Not JSON",
    401: "Not signed, wrongly, or outside five minutes",
    403: "Not from this machine, or nothing for a shared room",
    405: "Another method",
    408: "Too slow",
    409: "The `webhook-id` came before, with another body or for another call",
    413: "Too large",
    415: "Not application/json",
    422: "Not of this form",
    500: "Broken here",
    503: "Database or key can't be used",
}


def document() -> Json:
    """The description of the service, OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "chatgpt-codex-onboarding",
            "version": __version__,
            "summary": "Sign in with a ChatGPT/Codex subscription from any chat, over HTTP.",
            "description": _SIGNING,
        },
        "paths": {
            "/v1/messages": {"post": _messages()},
            "/v1/tool": {"post": _tool()},
            "/v1/responses": {"post": _responses()},
            "/healthz": {"get": _look("alive", "Whether the process answers")},
            "/readyz": {"get": _look("ready", "Whether database and key can be used now", 503)},
            "/metrics": {"get": _look("metrics", "Counters, in the text format of Prometheus", of="text/plain")},
        },
        "components": {"schemas": _schemas()},
    }


def _messages() -> Json:
    answers = {
        "200": _json("Ours, with the reply; or not ours", "Handled", "Passed"),
        "202": _json("Ours, and not answered yet", "Unfinished"),
    }
    return _call("message", "One message through the hook", "Message", answers, _PREFER)


def _tool() -> Json:
    answers = {"200": _json("What the tool returns", "ToolAnswer"), "202": _json("Not answered yet", "Unfinished")}
    return _call("tool", f"One call of {NAME}", "ToolCall", answers, _PREFER)


def _responses() -> Json:
    events = {"description": "The model's events as they come", "content": {"text/event-stream": {}}}
    why = {429: "The plan is used up", 502: "The provider gave no usable answer"}
    refused = {str(status): _json(text, "Refusal") for status, text in why.items()}
    return _call(
        "response", "A model's answer through the person's subscription", "ModelCall", {"200": events, **refused}
    )


def _call(name: str, summary: str, form: str, answers: Json, *parameters: Json) -> Json:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [*_HEADERS, *parameters],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(form)}}},
        "responses": answers | {str(status): _json(why, "Refusal") for status, why in _WHY.items()},
    }


def _look(name: str, summary: str, *refused: int, of: str = "application/json") -> Json:
    answers: Json = {"200": {"description": "Yes" if refused else "As asked", "content": {of: {}}}}
    answers |= {str(status): _json(_WHY[status], "Refusal") for status in refused}
    return {"operationId": name, "summary": summary, "responses": answers}


def _json(description: str, *schemas: str) -> Json:
    schema = _ref(schemas[0]) if len(schemas) == 1 else {"oneOf": [_ref(name) for name in schemas]}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> Json:
    template = "#/components/schemas/{model}"
    _, taken = models_json_schema([(model, "validation") for model in _IN], ref_template=template)
    _, given = models_json_schema([(model, "serialization") for model in _OUT], ref_template=template)
    schemas: Json = {**taken["$defs"], **given["$defs"]}
    for schema in schemas.values():  # what docstrings cite is for whoever reads the code
        schema["description"] = re.sub(r" \([^()]*\.md[^()]*\)", "", schema.get("description", ""))
    return schemas
