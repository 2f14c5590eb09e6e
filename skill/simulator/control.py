"""`/_control`: the same controls from another process, over loopback only.

`GET` tells what was asked and what is set; `POST {"do": NAME, ...}` does one of `ACTIONS` with the rest as
its arguments, under the names that `LocalProvider` gives them. No secret goes out here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response

from .call import Call

if TYPE_CHECKING:
    from .provider import LocalProvider

LOOPBACK = {"127.0.0.1", "::1", "localhost"}

ACTIONS = (
    "approve",
    "decline",
    "expire",
    "fault",
    "clear_faults",
    "reset_log",
    "revoke_access",
    "kill_session",
    "limit",
    "add_account",
    "advance",
    "configure",
)


def look(call: Call) -> Response:
    """Requests, counts, codes, accounts and faults."""
    return _refuse(call) or JSONResponse(state(call.provider))


def act(call: Call) -> Response:
    """One action; what is wrong with it is told in `error`."""
    refusal = _refuse(call)
    if refusal:
        return refusal
    arguments = dict(call.json)
    name = arguments.pop("do", None)
    if name not in ACTIONS:
        return _wrong(f"do is one of: {', '.join(ACTIONS)}")
    action: Callable[..., object] = getattr(call.provider, name)
    try:
        inspect.signature(action).bind(**arguments)
        action(**arguments)
    except (TypeError, ValueError) as error:
        return _wrong(f"{name}: {error}")
    return JSONResponse({"ok": True})


def state(provider: LocalProvider) -> dict[str, Any]:
    """What an observer may know."""
    now = provider.now()
    live = provider.live_tokens()
    return {
        "now": now.isoformat(),
        "requests": [record.as_dict() for record in provider.requests],
        "counts": provider.log.counts(),
        "count": provider.count(),
        "codes": [_code(provider, code.user_code, now) for code in provider.codes],
        "accounts": [account.email for account in provider.accounts],
        "faults": [fault.as_dict() for fault in provider.faults],
        "live_tokens": {"access": live.access, "refresh": live.refresh},
        "reuses": provider.reuses,
    }


def _code(provider: LocalProvider, user_code: str, now: datetime) -> dict[str, Any]:
    code = provider.devices.find(user_code, now)
    return {
        "user_code": code.user_code,
        "state": code.state,
        "account": code.account.email if code.account else None,
        "expires_in": max(0, (code.expires_at - now) // timedelta(seconds=1)),
    }


def _refuse(call: Call) -> Response | None:
    """A web page must not steer the provider: its requests carry an origin, or a host name of its own."""
    client = call.request.client
    host = urlsplit(f"//{call.header('host')}").hostname
    local = client is not None and client.host in LOOPBACK and host in LOOPBACK
    if local and not call.header("origin") and (call.request.method == "GET" or call.is_json):
        return None
    return JSONResponse({"ok": False, "error": "only for programs on this machine, and in JSON"}, 403)


def _wrong(text: str) -> Response:
    return JSONResponse({"ok": False, "error": text}, 400)
