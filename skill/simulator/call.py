"""One request, as the endpoints see it."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from starlette.requests import Request

if TYPE_CHECKING:
    from .provider import LocalProvider


class Call:
    """Provider, request and body; the time is read once, so that one request happens at one moment."""

    def __init__(self, provider: LocalProvider, request: Request, body: bytes) -> None:
        self.provider = provider
        self.request = request
        self.body = body
        self.now: datetime = provider.now()
        # What a fault may change for this one call: the Date header, and how long new tokens last.
        self.stamped = self.now
        self.token_lifetime = provider.token_lifetime

    @property
    def issuer(self) -> str:
        """The origin that the client used: also behind a transport without a port."""
        return str(self.request.base_url).rstrip("/")

    @property
    def is_json(self) -> bool:
        """Whether the body claims to be JSON."""
        return self._content_type == "application/json"

    @cached_property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object; anything else counts as empty."""
        try:
            value = json.loads(self.body) if self.is_json else {}
        except (ValueError, RecursionError):
            value = {}
        return value if isinstance(value, dict) else {}

    @cached_property
    def form(self) -> dict[str, str]:
        """The body as a form, first value of each field; parsed here to need no multipart library."""
        if self._content_type != "application/x-www-form-urlencoded":
            return {}
        fields = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[0] for name, values in fields.items()}

    @property
    def fields(self) -> dict[str, Any]:
        """The body in whichever of the two encodings it came (section 6: both are in use)."""
        return self.json if self.is_json else dict(self.form)

    def text(self, name: str) -> str:
        """A body field that must be a string; empty when it is not."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def header(self, name: str) -> str:
        """A request header, empty when absent."""
        return str(self.request.headers.get(name, ""))

    @property
    def _content_type(self) -> str:
        return self.header("content-type").partition(";")[0].strip().lower()
