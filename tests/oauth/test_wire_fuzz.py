"""Whatever the provider answers: what a call means, or our own error; never a secret in either's text."""

import asyncio
import base64
import json
import traceback
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import strategies as st
from pydantic import SecretStr

from skill.core.session import Authorization, Code
from skill.errors import ProviderError
from skill.oauth import wire
from skill.oauth.provider import ModelList, Provider
from skill.settings import Settings

from ..fuzz import fuzz, sizes

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CANARY = "canary-7f3a9c-token"
JWT = "eyJhbGciOiJub25lIn0." + "eyJleHAiOiAxZTMwLCAiZW1haWwiOiBbMV19" + ".c2ln"
SHOWN = Code(
    "WXYZ-12345", "https://auth.openai.com/codex/device", "p1", NOON + timedelta(minutes=10), 5, SecretStr(CANARY)
)
CALLS: dict[str, tuple[Any, tuple[type, ...]]] = {
    "start": (lambda p: p.start("p1"), (Code,)),
    "poll": (lambda p: p.poll(SHOWN), (Authorization, type(None))),
    "exchange": (lambda p: p.exchange(Authorization(SecretStr(CANARY), SecretStr(CANARY))), (wire.Tokens,)),
    "refresh": (lambda p: p.refresh(SecretStr(CANARY)), (wire.Tokens,)),
    "revoke": (lambda p: p.revoke(SecretStr(CANARY)), (type(None),)),
    "models": (lambda p: p.models(SecretStr(CANARY), "acc", '"etag"'), (ModelList, type(None))),
    "usage": (lambda p: p.usage(SecretStr(CANARY), "acc"), (wire.Usage,)),
}

# trust.md, section 3: what turns a text around, seen or not.
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
MARKS = set("\u061c\u200e\u200f")

# Names that the protocol knows, so that odd values stand where values are looked for.
NAMES = st.sampled_from(
    [
        *("device_auth_id", "user_code", "usercode", "interval", "expires_at", "authorization_code", "code_verifier"),
        *("access_token", "refresh_token", "id_token", "expires_in", "models", "slug", "visibility", "priority"),
        *("rate_limit", "primary_window", "secondary_window", "used_percent", "limit_window_seconds", "reset_at"),
        *("reset_after_seconds", "plan_type", "error", "code", "type", "message", "resets_at", "resets_in_seconds"),
    ]
)
VALUES = st.sampled_from(
    [
        *(CANARY, JWT, "WXYZ-12345", "gpt-5-codex", "list", "slow_down", "authorization_pending", "expired_token"),
        *("access_denied", "invalid_grant", f"refresh_token_{CANARY}", "usage_not_included"),
        *("9" * 400, "-1", "1e400"),
        *(
            "2026-11-22T12:15:00Z",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
            "²",
            "\ud800",
            "\u202e\x00\u061c",
        ),
        *(0, -1, 5, 10**18, 10**400, 1e300, float("nan"), float("inf"), True, False, None, "", [], {}),
    ]
)
THINGS = st.recursive(
    VALUES | st.text(max_size=20) | st.floats() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=15,
)
GOOD = st.fixed_dictionaries(
    {
        **{name: st.just(CANARY) | VALUES for name in ("device_auth_id", "authorization_code", "code_verifier")},
        **{name: st.just(CANARY) | VALUES for name in ("access_token", "refresh_token", "id_token")},
        "user_code": st.just("WXYZ-12345") | VALUES,
        "models": st.just([{"slug": "gpt-5-codex"}]) | st.lists(THINGS, max_size=4),
    },
    optional=dict.fromkeys(("interval", "expires_at", "expires_in", "rate_limit", "plan_type", "error"), THINGS),
)
BODIES = st.one_of(
    (GOOD | st.dictionaries(NAMES, THINGS, max_size=6) | THINGS).map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=200),
    st.sampled_from([b"", b"<html>" + CANARY.encode(), b"[" * 9000, b"\xff\xfe{", b'{"a":' * 900, b"9" * 5000]),
)
STATUSES = st.sampled_from([200, 200, 200, 201, 204, 302, 304, 400, 401, 403, 404, 429, 500, 503]) | st.integers(
    200, 599
)
HEADER_VALUES = st.sampled_from(
    [
        *("text/html", "application/json", "7", "-7", "1e400", "nan", "9" * 5000, CANARY),
        *("Sun, 22 Nov 2026 12:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 +9999", "Fri, 31 Dec 9999 23:59:59 -9999"),
        "Mon, 01 Jan 2024 00:00:00 +" + "9" * 20,
    ]
) | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "date", "content-type", "etag", "cf-mitigated", "location", "content-encoding"]),
    HEADER_VALUES,
    max_size=4,
)


def asked(call: str, status: int, headers: dict[str, str], body: bytes) -> tuple[object, str]:
    """What the call brought, and all that its trouble would print."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    async def main() -> object:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            return await CALLS[call][0](Provider(Settings(), client, lambda: NOON))

    try:
        return asyncio.run(main()), ""
    except ProviderError as trouble:
        return trouble, "".join(traceback.format_exception(trouble))


@sizes
@pytest.mark.parametrize("call", CALLS)
def test_any_answer_has_a_meaning_or_is_trouble_and_neither_tells_a_secret(call: str, examples: int) -> None:
    """trust.md, section 2, and section 3: tokens in logs, exceptions, repr, tracebacks."""

    def check(status: int, headers: dict[str, str], body: bytes) -> None:
        found, printed = asked(call, status, headers, body)
        assert isinstance(found, (*CALLS[call][1], ProviderError))
        shown = f"{found!r} {found} {printed}".lower()
        if call != "models":  # the name of a model is shown to people
            assert CANARY not in shown
        if isinstance(found, ProviderError):
            assert found.code.isprintable()
            assert CANARY not in shown
            assert found.retry_after is None or 1 <= found.retry_after <= 7 * 24 * 3600

    fuzz(examples, check, STATUSES, HEADERS, BODIES)


@sizes
def test_any_token_has_claims_that_can_be_shown(examples: int) -> None:
    """trust.md, section 3: JWT claims trusted; odd or missing claims never crash."""

    def check(token: str) -> None:
        found = wire.claims(SecretStr(token))
        for name in (found.email, found.account_id, found.plan):
            assert name is None or 0 < len(name) <= 64
            assert not {*map(unicodedata.category, name or "")} & {"Cc", "Cs", "Zl", "Zp"}
            assert not {*map(unicodedata.bidirectional, name or "")} & BIDI
            assert not set(name or "") & MARKS
        assert found.exp is None or found.exp.tzinfo

    bodies = st.dictionaries(st.sampled_from(["exp", "iat", "email", "https://api.openai.com/auth"]), THINGS)
    tokens = (bodies.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60)).map(_jwt)
    fuzz(examples, check, tokens | st.text(max_size=60))


def _jwt(body: bytes) -> str:
    return f"e30.{base64.urlsafe_b64encode(body).decode().rstrip('=')}.c2ln"
