"""Faults of any endpoint: statuses, pages of firewalls and proxies, broken bodies."""

import zlib
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from functools import lru_cache, partial
from typing import Any

from starlette.responses import HTMLResponse, Response

from ..answers import oauth_error, object_error
from ..log import ENDPOINTS
from .switch import Case, Table

CHALLENGE = """<!doctype html><html lang="en-US"><head><title>Just a moment...</title></head>
<body><h1>Checking your connection</h1><p>Enable JavaScript and cookies to continue</p>
<p>Ray ID: 8f00demo00ray</p></body></html>"""
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
PORTAL = "<!doctype html><html><head><title>Welcome</title></head><body>Sign in to this Wi-Fi</body></html>"


def challenged(case: Case, status: int) -> Response:
    """What a firewall before the provider answers (protocol, section 2): HTML, and headers that name it."""
    headers = {"cf-mitigated": "challenge", "cf-ray": "8f00demo00ray-FRA", "server": "cloudflare"}
    return case.instead(HTMLResponse(CHALLENGE, status, headers))


def throttled(case: Case, status: int) -> Response:
    """A throttle or an outage that may say when to come back: in seconds, as a date, or not at all."""
    reply = object_error(status, "rate_limit_exceeded" if status == 429 else "server_error")
    seconds = case.options["retry_after"]
    if seconds is not None:
        moment = case.call.now + timedelta(seconds=float(seconds))
        as_date = format_datetime(moment, usegmt=True)
        reply.headers["retry-after"] = as_date if case.options["date"] else str(seconds)
    return case.instead(reply)


def raw(case: Case, body: bytes) -> Response:
    """A success that is labelled JSON, whatever it holds."""
    return case.instead(Response(body, media_type="application/json"))


def retyped(value: Any) -> Any:
    """The same value under a wrong type: lists for texts, texts for numbers, numbers for the rest."""
    if isinstance(value, str):
        return [value[:1]]
    return "many" if isinstance(value, int | float) else 7


@lru_cache(maxsize=4)
def squeezed(size: int) -> bytes:
    """That many spaces, compressed to a thousandth; JSON may begin with them."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    piece = b" " * 65536
    parts = [squeeze.compress(piece) for _ in range(size // len(piece))]
    return b"".join([*parts, squeeze.compress(b"{}"), squeeze.flush()])


def register(table: Table) -> None:
    """The rows of this module."""
    _statuses(table)
    _pages(table)
    _bodies(table)


def _statuses(table: Table) -> None:
    plain: dict[str, tuple[str, Callable[[], Response]]] = {
        "400": ("400 with a JSON error object", lambda: object_error(400, "invalid_request")),
        "400-text": ("400 with a JSON error string", lambda: oauth_error(400, "invalid_request")),
        "401": ("401 with a JSON error of no known code", lambda: object_error(401, "unauthorized")),
        "401-empty": ("401 without a body", lambda: Response(status_code=401)),
        "403": ("403 with a JSON error of no known code", lambda: object_error(403, "forbidden")),
        "403-empty": ("403 without a body", lambda: Response(status_code=403)),
        "403-region": (
            "403: the provider does not serve this region",
            lambda: object_error(403, "unsupported_country_region_territory", "Not available here."),
        ),
        "404": ("404 with a JSON error", lambda: object_error(404, "not_found")),
        "404-empty": ("404 without a body", lambda: Response(status_code=404)),
        "407": ("407 from a proxy on the way", lambda: Response(status_code=407)),
        "408": ("408, request time-out", lambda: Response(status_code=408)),
        "500": ("500 with a JSON error", lambda: object_error(500, "server_error")),
        "500-empty": ("500 without a body", lambda: Response(status_code=500)),
    }
    table.replies(ENDPOINTS, plain)
    for status in (429, 503):
        does = f"{status}; retry_after in seconds, or as a date (date=True), or absent (None)"
        apply = table.add(str(status), does, retry_after=None, date=False)
        apply(partial(throttled, status=status))


def _pages(table: Table) -> None:
    for status in (403, 503):
        does = f"{status} with a Cloudflare challenge: HTML and cf-mitigated"
        table.add(f"{status}-html", does)(partial(challenged, status=status))
    table.add("403-page", "403 with HTML and nothing that names the firewall")(
        lambda case: case.instead(HTMLResponse(PORTAL, 403))
    )
    table.add("502-html", "502 with a proxy's HTML page")(lambda case: case.instead(HTMLResponse(BAD_GATEWAY, 502)))
    table.add("200-html", "200 with HTML, as from a captive portal")(lambda case: case.instead(HTMLResponse(PORTAL)))
    table.add("302", "302 to another host", to="https://elsewhere.example.test/login")(
        lambda case: case.instead(Response(status_code=302, headers={"location": case.options["to"]}))
    )
    table.add("307", "307 to another host, which asks for the body again", to="https://elsewhere.example.test/")(
        lambda case: case.instead(Response(status_code=307, headers={"location": case.options["to"]}))
    )


def _bodies(table: Table) -> None:
    fixed = {
        "200-broken": (b'{"models": [{"slug": "gpt', "200 with JSON that breaks off"),
        "200-empty": (b"", "200 without a body"),
        "200-object": (b"{}", "200 with an object that lacks every field"),
        "200-list": (b"[]", "200 with a list where an object belongs"),
        "200-null": (b"null", "200 with null"),
        "200-bytes": (b'{"user_code": "\xff\xfe\x80"}', "200 with bytes that are no UTF-8"),
        "200-nested": (b"[" * 50_000, "200 with 50,000 open brackets"),
    }
    for name, (body, does) in fixed.items():
        table.add(name, does)(partial(raw, body=body))

    @table.add("200-types", "200 in which every field has a wrong type")
    def types(case: Case) -> Response:
        return case.edit(lambda body: body.update({name: retyped(value) for name, value in body.items()}))

    @table.add(
        "200-oversized",
        "the true reply after size blanks; declared=False sends no length",
        size=2 * 1024 * 1024,
        declared=True,
    )
    def oversized(case: Case) -> Response:
        true = case.act()
        padded = b" " * case.options["size"] + bytes(true.body)
        reply = Response(padded, true.status_code, media_type="application/json")
        if not case.options["declared"]:
            del reply.headers["content-length"]
        return reply

    @table.add("200-gzip-bomb", "a small gzip body that unpacks to size bytes of JSON", size=16 * 1024 * 1024)
    def bomb(case: Case) -> Response:
        body = squeezed(case.options["size"])
        headers = {"content-encoding": "gzip"}
        return case.instead(Response(body, media_type="application/json", headers=headers))

    @table.add("extra", "the true reply and unknown fields, one of them with a link and a mention")
    def extra(case: Case) -> Response:
        noise = {"note": "@everyone see https://elsewhere.example.test", "next": {"deep": [1, None]}}
        return case.edit(lambda body: body.update(noise))
