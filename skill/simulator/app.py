"""The routes, and the one way that every request takes: read, note, act, answer."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from . import backend, control, page, sign_in
from .answers import object_error
from .call import Call
from .faults import Case
from .faults.delivery import Drop, Hang, Late
from .log import ENDPOINTS
from .responses import responses

if TYPE_CHECKING:
    from .provider import LocalProvider

Action = Callable[[Call], Response]
Namer = Callable[[Call], str]

MAX_BODY = 16 * 1024 * 1024


def grant_name(call: Call) -> str:
    """One path serves two calls; they are counted apart."""
    return "refresh" if call.text("grant_type") == "refresh_token" else "exchange"


def missing(call: Call) -> Response:
    """Whatever nobody serves is logged as well: it shows a client with a wrong address."""
    return object_error(404, "not_found", "The local provider has no such path.")


ROUTES: tuple[tuple[str, str, str | Namer, Action], ...] = (
    ("POST", "/api/accounts/deviceauth/usercode", "start", sign_in.start),
    ("POST", "/api/accounts/deviceauth/token", "poll", sign_in.poll),
    ("POST", "/oauth/token", grant_name, sign_in.token),
    ("POST", "/oauth/revoke", "revoke", sign_in.revoke),
    ("GET", "/backend-api/codex/models", "models", backend.models),
    ("GET", "/backend-api/wham/usage", "usage", backend.usage),
    ("POST", "/backend-api/codex/responses", "responses", responses),
    ("GET", "/", "page", page.home),
    ("GET", "/codex/device", "page", page.show),
    ("POST", "/codex/device", "page", page.submit),
    ("GET", "/_control", "control", control.look),
    ("POST", "/_control", "control", control.act),
)


def build(provider: LocalProvider) -> ASGIApp:
    """The provider as an ASGI application."""
    routes = [Route(path, _handler(provider, name, action), methods=[method]) for method, path, name, action in ROUTES]
    anything = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    routes.append(Route("/{path:path}", _handler(provider, "other", missing), methods=anything))
    return Starlette(routes=routes)


def _handler(provider: LocalProvider, name: str | Namer, action: Action) -> Callable[[Request], object]:
    async def handle(request: Request) -> Response:
        call = Call(provider, request, await _read(request))
        endpoint = name if isinstance(name, str) else name(call)
        return _answer(call, endpoint, action)

    return handle


def _answer(call: Call, endpoint: str, action: Action) -> Response:
    """Note the request before anything happens, so that it counts even if no reply goes out."""
    log, request = call.provider.log, call.request
    if endpoint == "control":
        # Whoever only watches must not change what is watched.
        return action(call)
    record = log.open(call.now, request.method, request.url.path, endpoint, dict(request.headers))
    record.query = request.url.query
    response, delay, fault = _act(call, endpoint, action)
    # The provider's own clock, not the server's: clients compare it with theirs.
    response.headers["date"] = formatdate(call.stamped.timestamp(), usegmt=True)
    log.close(record, None if isinstance(response, Drop | Hang) else response.status_code, fault)
    delay += call.provider.latency if endpoint in ENDPOINTS else 0
    return Late(response, delay, call.provider.sleep) if delay else response


def _act(call: Call, endpoint: str, action: Action) -> tuple[Response, float, str | None]:
    """Let the endpoint act, or the fault that is set for it; the reply, its delay and the fault's name."""
    switches = call.provider.switches
    fault = switches.take(endpoint)
    if fault is None:
        return action(call), 0.0, None
    case = Case(call, fault.options, lambda: action(call))
    response = fault.switch.apply(case)
    if not case.fitted:
        switches.give_back(fault)
        return response, 0.0, None
    return response, fault.options["delay"], fault.switch.name


async def _read(request: Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                return b""
    except ClientDisconnect:
        return b""
    return bytes(body)
