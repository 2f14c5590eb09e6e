"""An answer that can be sent more than once, and the problems among them: JSON that never repeats the request."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from starlette.responses import Response

# One sentence per code; the code is stable, the sentence is for whoever reads a log.
SENTENCES = {
    "bad_fields": "The body is not of the form that /openapi.json describes.",
    "not_json": "The body is not JSON.",
    "json_wanted": "Send the body as application/json.",
    "too_large": "The body is larger than this path takes.",
    "too_slow": "The body did not arrive in time.",
    "bad_signature": "The signature, its timestamp or its id is missing, wrong or outside five minutes.",
    "local_only": "Without a secret only programs on this machine are heard, and no web page.",
    "id_reused": "This webhook-id came with another body before.",
    "already_done": "This was carried out already, and its answer is no longer kept. Nothing was done again.",
    "private_only": "This works in private conversations only.",
    "not_found": "There is no such path.",
    "method_not_allowed": "The path takes another method.",
    "not_ready": "Database or key can't be used now.",
    "internal": "Something broke here; the log names it.",
    "not_connected": "No ChatGPT account is connected; the person has to sign in first.",
    "relogin_required": "The login no longer works and was removed; the person has to sign in again.",
    "no_entitlement": "This account's plan has no access to Codex.",
    "usage_limit": "The plan's limit is used up until it resets.",
    "provider_error": "The provider gave no answer that can be used.",
    "storage": "What is stored can't be used now.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and JSON. `passed`: not ours, so it holds no words of anybody."""

    status: int
    body: bytes = field(repr=False)
    passed: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """For one connection."""
        return Response(self.body, self.status, dict(self.headers), "application/json")


def answer(value: Any, status: int = 200, *, passed: bool = False, retry_after: int | None = None) -> Answer:
    """A value as JSON."""
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), passed, headers)


class Problem(Exception):  # noqa: N818 (it is an answer, not a fault of ours)
    """Ends a request with that status. `more` stands beside code and sentence; nothing in it came with the request."""

    def __init__(self, status: int, code: str, *, retry_after: int | None = None, **more: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.more, self.retry_after = status, code, more, retry_after

    def answer(self) -> Answer:
        """What the host reads."""
        body = {"error": self.code, "message": SENTENCES[self.code], **self.more}
        return answer(body, self.status, retry_after=self.retry_after)


def wrong_form(error: ValidationError, known: frozenset[str]) -> Problem:
    """Which fields are wrong, and why. A name that the schema doesn't have came with the request: not repeated."""
    details = error.errors(include_input=False, include_url=False, include_context=False)
    if any(detail["type"] == "json_invalid" for detail in details):
        return Problem(400, "not_json")
    names = [str(detail["loc"][0]) if detail["loc"] else "" for detail in details]
    reasons = {
        name if name in known else "(unknown)": detail["msg"] for name, detail in zip(names, details, strict=True)
    }
    return Problem(422, "bad_fields", fields=reasons)
