"""Who may speak: Standard Webhooks signatures over the raw body, or, without a secret, programs on this machine.

Header names, the base string `id.timestamp.body` and the five minutes are those of the Standard Webhooks
specification; several secrets at once let one be exchanged without a gap.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr
from standardwebhooks import Webhook, WebhookVerificationError

from skill.runtimes.service.answers import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

ID_LENGTH = 256  # characters; an id is remembered


@dataclass(frozen=True)
class Delivery:
    """One request that may speak. `id` stays the same when it is delivered again; None: it can't be told apart."""

    body: bytes = field(repr=False)
    id: str | None = None
    sent_at: datetime | None = None  # signed; None where nothing is


class Admission:
    """The check of every request that can change something."""

    def __init__(self, secret: SecretStr | None) -> None:
        self._keys = [Webhook(each) for each in secret.get_secret_value().split()] if secret else []

    @property
    def signed(self) -> bool:
        """Whether requests must be signed."""
        return bool(self._keys)

    def admit(self, request: Request, body: bytes) -> Delivery:
        """The delivery; raises `Problem` (401, or 403 without a secret) before anything in the body is looked at."""
        delivery_id = request.headers.get("webhook-id", "")
        if len(delivery_id) > ID_LENGTH or not delivery_id.isprintable():
            raise Problem(401, "bad_signature")
        if not self._keys:
            refuse_others(request)
            return Delivery(body, delivery_id or None)
        if not any(_fits(key, body, dict(request.headers)) for key in self._keys):
            raise Problem(401, "bad_signature")
        sent_at = datetime.fromtimestamp(float(request.headers["webhook-timestamp"]), UTC)
        return Delivery(body, delivery_id, sent_at)


def _fits(key: Webhook, body: bytes, headers: dict[str, str]) -> bool:
    """Constant time where it matters: inside the library. What it can't take apart is a ValueError of its own."""
    try:
        key.verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def refuse_others(request: Request) -> None:
    """Only programs on this machine: no web page, of whatever origin."""
    refuse_other_machines(request)
    if "origin" in request.headers:
        raise Problem(403, "local_only")


def refuse_other_machines(request: Request) -> None:
    """From this machine, and under its own name: a page elsewhere may have bent a name of its own to it."""
    client, host = request.client, urlsplit(f"//{request.headers.get('host', '')}").hostname
    if client is None or not is_loopback(client.host) or not is_loopback(host or ""):
        raise Problem(403, "local_only")


def is_loopback(host: str) -> bool:
    """Whether the address or name can only be this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
