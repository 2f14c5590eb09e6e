"""Faults of start, poll, exchange and refresh: what the provider itself may answer (protocol, section 14)."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.responses import JSONResponse, Response

from .. import sign_in
from ..answers import oauth_error, object_error
from ..tokens import AUTH_CLAIM
from .switch import Case, Change, Table

START, POLL, EXCHANGE, REFRESH = ("start",), ("poll",), ("exchange",), ("refresh",)
TOKENS = ("exchange", "refresh")
NO_JWT = "h.p"
LINK = "https://elsewhere.example.test/codex"


def register(table: Table) -> None:
    """The rows of this module."""
    _start(table)
    _poll(table)
    _exchange(table)
    _refresh(table)
    _tokens(table)


def _start(table: Table) -> None:
    changes: dict[str, tuple[str, Change]] = {
        "usercode": (
            "the code under its other name, usercode",
            lambda b: b.update(usercode=b.pop("user_code")),
        ),
        "interval-number": ("interval as a number", lambda b: b.update(interval=int(b["interval"]))),
        "interval-missing": ("no interval", lambda b: b.pop("interval")),
        "interval-text": ("interval that is no number", lambda b: b.update(interval="soon")),
        "interval-huge": ("interval of a million seconds", lambda b: b.update(interval="1000000")),
        "no-code": ("no user code", lambda b: b.pop("user_code")),
        "no-device-id": ("no device_auth_id", lambda b: b.pop("device_auth_id")),
        "no-expires-at": ("no expires_at", lambda b: b.pop("expires_at")),
        "expires-at-odd": ("expires_at that is no time", lambda b: b.update(expires_at="tomorrow")),
        "expires-at-naive": (
            "expires_at without an offset",
            lambda b: b.update(expires_at=b["expires_at"].partition("+")[0]),
        ),
        "link-in-code": ("a user code that holds a link", lambda b: b.update(user_code=f"GO-1 {LINK}")),
        "bidi-code": ("a user code with control characters", lambda b: b.update(user_code="AB\u202eCD\n-1")),
        "long-code": ("a user code of 5,000 letters", lambda b: b.update(user_code="A" * 5000)),
        "link-elsewhere": (
            "verification addresses that lead elsewhere",
            lambda b: b.update(
                verification_uri=LINK,
                verification_uri_complete=f"{LINK}?user_code={b['user_code']}",
                verification_url=LINK,
            ),
        ),
    }
    table.edits(START, changes)

    @table.add("short-life", "a code that lasts so many seconds", START, seconds=60)
    def short_life(case: Case) -> Response:
        def shorten(body: dict[str, Any]) -> None:
            code = case.call.provider.devices.find(body["user_code"], case.call.now)
            code.expires_at = case.call.now + timedelta(seconds=case.options["seconds"])
            body["expires_at"] = code.expires_at.isoformat()

        return case.edit(shorten)


def _poll(table: Table) -> None:
    replies: dict[str, tuple[str, Callable[[], Response]]] = {
        "pending-403": ("pending, 403 with its body", sign_in.pending),
        "pending-403-empty": ("pending, 403 without a body", lambda: Response(status_code=403)),
        "pending-404": ("pending, 404 with its body", lambda: sign_in.pending(404)),
        "pending-404-empty": ("pending, 404 without a body", lambda: Response(status_code=404)),
        "pending-400": (
            "pending as a plain string under 400",
            lambda: oauth_error(400, "deviceauth_authorization_pending"),
        ),
        "slow-down": ("slow_down, under 400 as in RFC 8628", lambda: oauth_error(400, "slow_down")),
        "slow-down-429": ("slow_down as an object under 429", lambda: object_error(429, "slow_down")),
        "declined-401": ("declined, 401 authorization_declined", sign_in.declined),
        "declined-403": ("declined, 403 access_denied", lambda: object_error(403, "access_denied")),
        "expired": ("expired_token under 403", sign_in.expired),
        "expired-400": ("expired_token as a string under 400", lambda: oauth_error(400, "expired_token")),
        "expired-text": (
            "expiry told in words only",
            lambda: object_error(403, "invalid_request", "This device code has expired."),
        ),
        "unknown": ("403 with a code nobody documented", sign_in.unknown),
    }
    table.replies(POLL, replies)
    missing = {
        "no-challenge": ("success without code_challenge", lambda b: b.pop("code_challenge")),
        "no-verifier": ("success without code_verifier", lambda b: b.pop("code_verifier")),
        "no-code": ("success without authorization_code", lambda b: b.pop("authorization_code")),
    }
    table.edits(POLL, missing)


def _exchange(table: Table) -> None:
    entitlement = "missing_codex_entitlement: Codex is not enabled here."
    replies: dict[str, tuple[str, Callable[[], Response]]] = {
        "invalid-grant": ("400 invalid_grant as a string", lambda: oauth_error(400, "invalid_grant")),
        "invalid-grant-object": (
            "400 invalid_grant in an object",
            lambda: object_error(400, "invalid_grant"),
        ),
        "no-entitlement": (
            "403 access_denied: Codex is not enabled in the workspace",
            lambda: oauth_error(403, "access_denied", entitlement),
        ),
        "unavailable": (
            "503 with a temporarily_unavailable string",
            lambda: oauth_error(503, "temporarily_unavailable"),
        ),
    }
    table.replies(EXCHANGE, replies)
    table.edits(EXCHANGE, {"no-refresh-token": ("no refresh_token", lambda b: b.pop("refresh_token"))})


def _refresh(table: Table) -> None:
    for short in ("expired", "reused", "invalidated"):
        code = f"refresh_token_{short}"
        rows: dict[str, tuple[str, Callable[[], Response]]] = {
            f"{short}-400": (f"{code} under 400", partial(object_error, 400, code)),
            f"{short}-401": (f"{code} under 401", partial(object_error, 401, code)),
            f"{short}-string": (f"{code} as a string under 401", partial(oauth_error, 401, code)),
            f"{short}-top": (
                f"{code} at the top level under 400, in capitals",
                partial(JSONResponse, {"code": code.upper()}, 400),
            ),
        }
        table.replies(REFRESH, rows)
    table.replies(REFRESH, {"invalid-grant": ("400 invalid_grant", partial(oauth_error, 400, "invalid_grant"))})

    @table.add("no-refresh-token", "success that keeps the old refresh token", REFRESH)
    def no_rotation(case: Case) -> Response:
        def keep(body: dict[str, Any]) -> None:
            del body["refresh_token"]
            case.call.provider.tokens.keep(case.call.text("refresh_token"))

        return case.edit(keep)


def _tokens(table: Table) -> None:
    changes: dict[str, tuple[str, Change]] = {
        "no-id-token": ("no id_token", lambda b: b.pop("id_token")),
        "no-access-token": ("no access_token", lambda b: b.pop("access_token")),
        "no-expires-in": ("no expires_in", lambda b: b.pop("expires_in")),
        "expires-in-text": ("expires_in as text", lambda b: b.update(expires_in=str(b["expires_in"]))),
        "expires-in-odd": ("expires_in that is no number", lambda b: b.update(expires_in="soon")),
        "expires-in-past": ("expires_in below zero", lambda b: b.update(expires_in=-5)),
        "broken-id-token": ("an id_token that is no JWT", lambda b: b.update(id_token=NO_JWT)),
    }
    table.edits(TOKENS, changes)

    @table.add("short-token", "an access token that lasts so many seconds", TOKENS, seconds=60)
    def short_token(case: Case) -> Response:
        case.call.token_lifetime = timedelta(seconds=case.options["seconds"])
        return case.act()

    @table.add("odd-claims", "an id token whose claims have wrong types", TOKENS)
    def odd_claims(case: Case) -> Response:
        claims = {"email": ["x"], "exp": "soon", AUTH_CLAIM: "none", "name": "\u202e\n"}
        return case.edit(lambda body: body.update(id_token=case.call.provider.mint.jwt(claims)))

    @table.add("no-claims", "an id token without any claim", TOKENS)
    def no_claims(case: Case) -> Response:
        return case.edit(lambda body: body.update(id_token=case.call.provider.mint.jwt({})))

    @table.add("new-plan", "an id token with a plan that nobody knows", TOKENS, plan="plus-ultra_2")
    def new_plan(case: Case) -> Response:
        def rename(body: dict[str, Any]) -> None:
            claims = _claims(body["id_token"])
            claims[AUTH_CLAIM]["chatgpt_plan_type"] = case.options["plan"]
            body["id_token"] = case.call.provider.mint.jwt(claims)

        return case.edit(rename)

    @table.add(
        "other-account",
        "tokens of another account than the one that signed in",
        TOKENS,
        account="wei@example.test",
    )
    def other_account(case: Case) -> Response:
        provider = case.call.provider
        account = provider.accounts.get(case.options["account"])
        lifetime = provider.token_lifetime
        return case.edit(lambda body: body.update(provider.tokens.sign_in(account, case.call.now, lifetime)))

    @table.add("opaque-token", "an access token that is no JWT and still works", TOKENS)
    def opaque_token(case: Case) -> Response:
        return case.edit(lambda body: _rename(case, body, case.call.provider.mint.opaque("at_")))

    @table.add("odd-access", "an access token whose claims have wrong types, and that still works", TOKENS)
    def odd_access(case: Case) -> Response:
        claims = {"exp": "soon", AUTH_CLAIM: {"chatgpt_account_id": 7, "chatgpt_plan_type": None}}
        return case.edit(lambda body: _rename(case, body, case.call.provider.mint.jwt(claims)))


def _rename(case: Case, body: dict[str, Any], name: str) -> None:
    case.call.provider.tokens.alias(body["access_token"], name)
    body["access_token"] = name


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
