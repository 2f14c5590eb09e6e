"""The provider's JSON and its refusals, read body first (trust.md, section 2; openai-codex-protocol.md)."""

import base64
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from skill.errors import ProviderError, Reason
from skill.oauth import wire

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PAGE = b"<!doctype html><html><title>Just a moment...</title></html>"
AUTH, PROFILE = "https://api.openai.com/auth", "https://api.openai.com/profile"


def answer(status: int, body: object = b"", **headers: str) -> wire.Answer:
    """An answer as it comes off the line; header names with `_` for `-`."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return wire.Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


def coded(status: int, code: str, **more: object) -> wire.Answer:
    """The provider's own shape: `error` is an object with a code."""
    return answer(status, {"error": {"code": code, "message": "…", **more}})


def token(claims: object) -> SecretStr:
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return SecretStr(f"head.{base64.urlsafe_b64encode(payload).rstrip(b'=').decode()}.sign")


# trust.md, section 2, row by row. None is "pending".

PENDING = None
POLLS = [
    (coded(403, "deviceauth_authorization_pending"), PENDING),
    (coded(404, "deviceauth_authorization_pending"), PENDING),
    (coded(400, "deviceauth_authorization_pending"), PENDING),
    (answer(400, {"error": "authorization_pending"}), PENDING),
    (answer(403), PENDING),
    (answer(404), PENDING),
    (answer(403, {}), PENDING),
    (coded(403, "deviceauth_authorization_unknown"), PENDING),
    (coded(404, "not_found"), PENDING),
    (coded(403, "expired_token"), Reason.EXPIRED),
    (answer(400, {"error": "expired_token"}), Reason.EXPIRED),
    (coded(403, "whatever", message="This device code has expired."), Reason.EXPIRED),
    (answer(401, {"error": "authorization_declined", "error_description": "…"}), Reason.DECLINED),
    (coded(403, "access_denied"), Reason.DECLINED),
    (answer(403, {"error": "ACCESS_DENIED"}), Reason.DECLINED),
    (answer(403, PAGE), Reason.BLOCKED),
    (answer(404, PAGE), Reason.BLOCKED),
    (answer(403, b"  \n<HTML>"), Reason.BLOCKED),
    (answer(403, b"Just a moment", content_type="text/html; charset=utf-8"), Reason.BLOCKED),
    (answer(403, b"", cf_mitigated="challenge"), Reason.BLOCKED),
    (answer(503, PAGE, cf_mitigated="challenge"), Reason.BLOCKED),
    (coded(403, "unsupported_country_region_territory"), Reason.REGION),
    (answer(403, {"error": {"message": "unsupported_country_region_territory"}}), Reason.REGION),
    (answer(403, PAGE + b"unsupported_country_region_territory"), Reason.REGION),
    (answer(403, {"error": "access_denied", "error_description": "missing_codex_entitlement"}), Reason.NO_ENTITLEMENT),
    (answer(429), Reason.LIMIT),
    (coded(429, "rate_limit_exceeded"), Reason.LIMIT),
    (coded(400, "slow_down"), Reason.LIMIT),
    (answer(400, {"error": "slow_down"}), Reason.LIMIT),
    (answer(408), Reason.PROVIDER),
    (answer(500, {"error": "server_error"}), Reason.PROVIDER),
    (answer(503, {"error": "temporarily_unavailable"}), Reason.PROVIDER),
    (coded(500, "internal", message="the session has expired"), Reason.PROVIDER),
    (answer(403, b"no JSON"), Reason.PROVIDER),
    (answer(403, b"\xff\xfe"), Reason.PROVIDER),
    (answer(403, b"[" * 50_000), Reason.PROVIDER),
    (answer(302, b"", location="https://elsewhere.example.test"), Reason.PROVIDER),
]


@pytest.mark.parametrize(("seen", "means"), POLLS)
def test_a_poll_is_read_body_first(seen: wire.Answer, means: Reason | None) -> None:
    """trust.md, section 2; openai-codex-protocol.md, section 3."""
    refused = wire.poll_refusal(seen)
    assert (refused and refused.reason) == means


REFUSALS = [
    (answer(403, PAGE), Reason.BLOCKED),
    (answer(502, b"<html>Bad Gateway</html>"), Reason.BLOCKED),
    (answer(200, PAGE), Reason.BLOCKED),
    (coded(403, "unsupported_country_region_territory"), Reason.REGION),
    (coded(400, "x", message="missing_codex_entitlement"), Reason.NO_ENTITLEMENT),
    (answer(429, {"error": {"type": "usage_not_included"}}), Reason.NO_ENTITLEMENT),
    (answer(429, {"error": {"type": "usage_limit_reached", "resets_at": 1}}), Reason.LIMIT),
    (coded(503, "slow_down"), Reason.LIMIT),
    (answer(408), Reason.PROVIDER),
    (answer(500), Reason.PROVIDER),
    (answer(418, b"tea"), Reason.PROVIDER),
]


@pytest.mark.parametrize(("seen", "means"), REFUSALS)
def test_a_refusal_is_read_body_first(seen: wire.Answer, means: Reason) -> None:
    """trust.md, section 2: "anywhere"."""
    assert wire.refusal(seen).reason is means


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"code": "refresh_token_reused"}}, "refresh_token_reused"),
        ({"error": {"code": "Refresh_Token_REUSED"}}, "refresh_token_reused"),
        ({"error": {"code": None, "type": "usage_limit_reached"}}, "usage_limit_reached"),
        ({"error": "invalid_grant"}, "invalid_grant"),
        ({"code": "REFRESH_TOKEN_EXPIRED"}, "refresh_token_expired"),
        ({"error": None, "code": "x"}, "x"),
        ({"error": {"code": 7}}, ""),
        ({"error": ["x"]}, ""),
        ({}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_the_code_of_an_error_is_found_in_each_of_its_places(body: object, code: str) -> None:
    """openai-codex-protocol.md, section 6: object, string or top level; compared in lower case."""
    assert wire.error_code(answer(400, body)) == code


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("7", {}, 7),
        ("1.5", {}, 1),
        ("0", {}, 1),
        ("-3", {}, 1),
        ("999999999", {}, 7 * 24 * 3600),
        (format_datetime(NOON + timedelta(seconds=90), usegmt=True), {}, 90),
        (format_datetime(NOON - timedelta(hours=1), usegmt=True), {}, 1),
        ("Sun, 22 Nov 2026 12:01:30 -0000", {}, 90),
        ("soon", {}, None),
        ("", {}, None),
        (None, {}, None),
        (None, {"error": {"resets_in_seconds": 3600}}, 3600),
        (None, {"error": {"resets_at": NOON.timestamp() + 59}}, 59),
        (None, {"error": {"resets_at": "never"}}, None),
        (None, {"error": {"resets_at": [1], "resets_in_seconds": {}}}, None),
        ("7", {"error": {"resets_in_seconds": 3600}}, 7),
        ("nan", {}, None),
        ("inf", {}, None),
        ("1e400", {}, None),
    ],
)
def test_when_to_come_back_is_read_from_header_or_body(header: str | None, body: object, seconds: int | None) -> None:
    """trust.md, section 2: `Retry-After` in seconds or as a date; `resets_at` of a limit."""
    seen = answer(429, body, **({"retry_after": header} if header is not None else {}))
    told = wire.retry_after(seen, NOON)
    assert told == seconds or (told and seconds and told == seconds + 1)  # rather a second late than early


# Section 2: the answer to a start.

STARTED: dict[str, Any] = {"device_auth_id": "da_1", "user_code": "WXYZ-12345", "interval": "5"}


@pytest.mark.parametrize(
    ("change", "pause"),
    [
        ({}, 5),
        ({"interval": 7}, 7),
        ({"interval": "7"}, 7),
        ({"interval": 6.9}, 6),
        ({"interval": None}, 5),
        ({"interval": "soon"}, 5),
        ({"interval": [5]}, 5),
        ({"interval": 0}, 3),
        ({"interval": -1}, 3),
        ({"interval": 10**6}, 60),
        ({"interval": "1e999"}, 5),
    ],
)
def test_the_interval_may_be_text_a_number_or_missing(change: dict[str, Any], pause: int) -> None:
    """openai-codex-protocol.md, section 13: default 5, clamped to 3..60."""
    assert wire.read(wire.DeviceCode, answer(200, STARTED | change)).pause == pause


def test_the_user_code_has_two_names() -> None:
    body = {"device_auth_id": "da_1", "usercode": "WXYZ-12345"}
    assert wire.read(wire.DeviceCode, answer(200, body)).user_code == "WXYZ-12345"


HOSTILE = [
    "",
    "ABC",
    "A" * 25,
    "WXYZ 1234",
    "WXYZ-1234\n",
    "\nWXYZ-1234",
    "https://evil.example.test/WXYZ",
    "[WXYZ](x)",
    "WXYZ\u202e1234",
    "ＷＸＹＺ-１２３４",
    "١٢٣٤-٥٦٧٨",
    "<b>WXYZ",
    "@everyone",
    "WXYZ_1234",
    "WXYZ\x001234",
    7,
    None,
    ["WXYZ-12345"],
    {"code": "WXYZ-12345"},
]


@pytest.mark.parametrize("user_code", HOSTILE)
def test_a_hostile_user_code_is_refused_and_never_repeated(user_code: object) -> None:
    """trust.md, section 3: ASCII letters, digits and hyphen, 4 to 24 characters."""
    with pytest.raises(ProviderError) as told:
        wire.read(wire.DeviceCode, answer(200, STARTED | {"user_code": user_code}))
    assert told.value.reason is Reason.PROVIDER
    if isinstance(user_code, str) and len(user_code) > 3:
        assert user_code.strip() not in str(told.value)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.PROVIDER),
        (b"{", Reason.PROVIDER),
        (b"null", Reason.PROVIDER),
        (b"[]", Reason.PROVIDER),
        (b"{}", Reason.PROVIDER),
        (b"[" * 50_000, Reason.PROVIDER),
        (b'{"user_code": "\xff\xfe"}', Reason.PROVIDER),
        (PAGE, Reason.BLOCKED),
        (json.dumps({"device_auth_id": 7, "user_code": "WXYZ-12345"}).encode(), Reason.PROVIDER),
        (json.dumps({"device_auth_id": "", "user_code": "WXYZ-12345"}).encode(), Reason.PROVIDER),
    ],
)
def test_a_broken_success_is_the_providers_trouble(body: bytes, reason: Reason) -> None:
    with pytest.raises(ProviderError) as told:
        wire.read(wire.DeviceCode, answer(200, body))
    assert told.value.reason is reason


@pytest.mark.parametrize(
    ("told", "lasts"),
    [
        (None, timedelta(minutes=15)),
        (NOON + timedelta(minutes=5), timedelta(minutes=5)),
        (NOON + timedelta(hours=5), timedelta(minutes=15)),
        (NOON - timedelta(minutes=1), timedelta(minutes=15)),
        (NOON, timedelta(minutes=15)),
    ],
)
def test_a_code_lasts_fifteen_minutes_or_less(told: datetime | None, lasts: timedelta) -> None:
    """openai-codex-protocol.md, section 13: the earlier of 15 minutes from issue and `expires_at`."""
    assert wire.runs_out(told, NOON) == NOON + lasts


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (1_796_000_000, datetime(2026, 11, 30, 0, 53, 20, tzinfo=UTC)),
        ("1796000000", datetime(2026, 11, 30, 0, 53, 20, tzinfo=UTC)),
        ("2026-11-22T12:00:00+00:00", NOON),
        ("2026-11-22T12:00:00Z", NOON),
        ("2026-11-22T12:00:00", NOON),
        ("2026-11-22T13:00:00+01:00", NOON),
        *[(odd, None) for odd in ("soon", "", None, [], {}, "9" * 400, 1e300, -1e300, float("nan"), b"x", "²")],
    ],
)
def test_a_moment_may_be_a_number_or_a_text(value: object, moment: datetime | None) -> None:
    assert wire.moment(value) == moment


# Section 5: claims.


def test_claims_are_read_from_both_of_their_places() -> None:
    claims = {"exp": 1_796_000_000, "email": "ana@example.test", AUTH: {"chatgpt_account_id": "acc-1"}}
    read = wire.claims(token(claims | {AUTH: {"chatgpt_account_id": "acc-1", "chatgpt_plan_type": "plus-ultra_2"}}))
    assert (read.email, read.account_id, read.plan) == ("ana@example.test", "acc-1", "plus-ultra_2")
    assert read.exp == datetime(2026, 11, 30, 0, 53, 20, tzinfo=UTC)
    assert wire.claims(token({PROFILE: {"email": "wei@example.test"}})).email == "wei@example.test"


@pytest.mark.parametrize(
    "odd",
    [
        None,
        SecretStr(""),
        SecretStr("opaque"),
        SecretStr("a.b.c"),
        SecretStr("a.é.c"),
        SecretStr("..."),
        token(b""),
        token(b"[]"),
        token(b"null"),
        token(b"\xff\xfe"),
        token(b"[" * 50_000),
        token({}),
        token({"exp": "soon", "email": ["x"], AUTH: "none", PROFILE: 7}),
        token({"exp": 1e300, "email": {"x": 1}, AUTH: {"chatgpt_account_id": 7, "chatgpt_plan_type": None}}),
        token({AUTH: []}),
    ],
)
def test_odd_or_missing_claims_never_crash(odd: SecretStr | None) -> None:
    """trust.md, section 3."""
    assert wire.claims(odd) == wire.Claims()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
fields = st.sampled_from(["exp", "email", AUTH, PROFILE, "chatgpt_account_id", "chatgpt_plan_type", "error", "code"])


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.dictionaries(fields, json_values | st.dictionaries(fields, json_values, max_size=3), max_size=5))
def test_no_claims_at_all_crash(claims: dict[str, object]) -> None:
    read = wire.claims(token(claims))
    assert all(name is None or name.isprintable() for name in (read.email, read.account_id, read.plan))


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.sampled_from([200, 302, 400, 401, 403, 404, 429, 500]), json_values | st.binary(max_size=40))
def test_no_answer_crashes_the_reading(status: int, body: object) -> None:
    """Every answer is pending, a reason, or a shape."""
    seen = answer(status, body)
    assert isinstance(wire.poll_refusal(seen), ProviderError | None)
    assert isinstance(wire.refusal(seen, NOON), ProviderError)
    for shape in (wire.DeviceCode, wire.Grant, wire.Tokens, wire.Usage):
        try:
            wire.read(shape, seen)
        except ProviderError as told:
            assert len(str(told)) < 200


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana\u061c", "Ana"),
        ("ana@example.test", "ana@example.test"),
        ("  ana  ", "ana"),
        ("ana\u202e\u200b\n\x00\x9f\u2066x", "anax"),
        ("王小明", "王小明"),
        ("x" * 100, "x" * 64),
        ("\u202e", None),
        ("", None),
        (7, None),
        (["ana"], None),
    ],
)
def test_names_are_made_fit_to_show(name: object, shown: str | None) -> None:
    """trust.md, section 3: control and bidi characters stripped, 64 at most."""
    assert wire.printable(name) == shown


# Sections 4 and 6: tokens.


def test_a_refresh_may_leave_out_any_token() -> None:
    assert wire.read(wire.Tokens, answer(200, {})) == wire.Tokens()


@pytest.mark.parametrize(
    ("expires_in", "read"), [(864_000, 864_000), ("864000", 864_000), ("soon", None), (None, None), ([1], None)]
)
def test_a_lifetime_may_be_text_or_odd(expires_in: object, read: int | None) -> None:
    assert wire.read(wire.Tokens, answer(200, {"expires_in": expires_in})).expires_in == read


@pytest.mark.parametrize("id_token", [7, ["x"], {"email": "x"}, None])
def test_an_odd_identity_costs_no_tokens(id_token: object) -> None:
    """Section 6, hazard: a malformed id_token must not lose the new refresh token."""
    body = {"access_token": "a", "refresh_token": "r", "id_token": id_token}
    tokens = wire.read(wire.Tokens, answer(200, body))
    assert (tokens.refresh_token, tokens.id_token) == (SecretStr("r"), None)


def test_the_reading_of_a_secret_has_no_repr() -> None:
    """Rule 6."""
    body = {"access_token": "canary-1", "refresh_token": "canary-2", "id_token": "canary-3"}
    seen = answer(200, body)
    grant = wire.read(wire.Grant, answer(200, {"authorization_code": "canary-4", "code_verifier": "canary-5"}))
    started = wire.read(wire.DeviceCode, answer(200, STARTED | {"device_auth_id": "canary-6"}))
    assert "canary" not in f"{seen!r}{wire.read(wire.Tokens, seen)!r}{grant!r}{started!r}"


def test_an_error_names_fields_and_never_values() -> None:
    with pytest.raises(ProviderError) as told:
        wire.read(wire.Grant, answer(200, {"authorization_code": ["canary"], "code_verifier": ""}))
    assert "authorization_code" in str(told.value)
    assert "canary" not in str(told.value)
    assert told.value.__cause__ is None


# Section 9: usage.


@pytest.mark.parametrize(
    ("rate_limit", "lengths"),
    [
        ({"primary_window": {"used_percent": 1, "limit_window_seconds": 18_000}, "secondary_window": None}, [18_000]),
        ({"secondary_window": {"used_percent": "1", "limit_window_seconds": "604800"}}, [604_800]),
        ({"primary_window": {"limit_window_seconds": 18_000}}, [18_000]),
        ({"primary_window": {"used_percent": None, "limit_window_seconds": "odd"}}, [None]),
        ({}, []),
        (None, []),
    ],
)
def test_windows_may_be_null_odd_or_weekly_alone(rate_limit: object, lengths: list[int | None]) -> None:
    """Section 9."""
    usage = wire.read(wire.Usage, answer(200, {"plan_type": "plus", "rate_limit": rate_limit}))
    assert [window.limit_window_seconds for window in usage.windows] == lengths


@pytest.mark.parametrize("number", ["Mon, 01 Jan 2024 00:00:00 +" + "9" * 20, f"Mon, {'9' * 20} Jan 2024 00:00:00 GMT"])
def test_a_date_out_of_all_bounds_is_none(number: str) -> None:
    assert wire.http_date(number) is None


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("refresh_token_expired", "refresh_token_expired"),
        ("refresh_token_rt.1.c4n4ry", ""),
        ("<b>expired</b>", ""),
        ("x" * 61, ""),
        ("", ""),
    ],
)
def test_an_error_code_is_told_only_where_it_can_hold_no_token(code: str, told: str) -> None:
    """trust.md, section 3: tokens in logs, exceptions."""
    assert wire.named(code) == told
