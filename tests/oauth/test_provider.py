"""Every call against every fault that the local provider can play: one request, one meaning (trust.md, section 2)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
import pytest
from pydantic import SecretStr

from skill.errors import ProviderError, Reason
from skill.oauth.provider import ModelList, Provider
from skill.settings import Settings
from skill.simulator import LocalProvider
from skill.simulator.faults import TABLE

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CALLS = ("start", "poll", "exchange", "refresh", "revoke", "models", "usage")
OK, PENDING = "ok", "pending"
Meaning = Reason | str

# What a fault means wherever the second table has no other word for it.
ANYWHERE: dict[str, Meaning] = {
    **dict.fromkeys(("400", "400-text", "401", "401-empty", "403", "403-empty", "404", "404-empty"), Reason.PROVIDER),
    **dict.fromkeys(("407", "408", "500", "500-empty", "503", "302", "307"), Reason.PROVIDER),
    **dict.fromkeys(("403-html", "503-html", "403-page", "502-html", "200-html"), Reason.BLOCKED),
    **dict.fromkeys(("200-broken", "200-empty", "200-object", "200-list", "200-null"), Reason.PROVIDER),
    **dict.fromkeys(("200-bytes", "200-nested", "200-types", "200-oversized", "200-gzip-bomb"), Reason.PROVIDER),
    **dict.fromkeys(("drop", "reset", "cut", "hang", "slow", "trickle"), Reason.NETWORK),
    **dict.fromkeys(("extra", "clock"), OK),
    "403-region": Reason.REGION,
    "429": Reason.LIMIT,
}
# openai-codex-protocol.md, sections 2 to 9, and what a fault of one call alone means.
OF_A_CALL: dict[str, dict[str, Meaning]] = {
    "start": {
        **dict.fromkeys(("404", "404-empty"), Reason.UNSUPPORTED),
        **dict.fromkeys(("no-code", "no-device-id", "link-in-code", "bidi-code", "long-code"), Reason.PROVIDER),
        **dict.fromkeys(("usercode", "interval-number", "interval-missing", "interval-text", "interval-huge"), OK),
        **dict.fromkeys(("no-expires-at", "expires-at-odd", "expires-at-naive", "link-elsewhere", "short-life"), OK),
    },
    "poll": {
        **dict.fromkeys(("403", "403-empty", "404", "404-empty", "unknown"), PENDING),
        **dict.fromkeys(("pending-403", "pending-403-empty", "pending-404", "pending-404-empty"), PENDING),
        "pending-400": PENDING,
        **dict.fromkeys(("slow-down", "slow-down-429"), Reason.LIMIT),
        **dict.fromkeys(("declined-401", "declined-403"), Reason.DECLINED),
        **dict.fromkeys(("expired", "expired-400", "expired-text"), Reason.EXPIRED),
        **dict.fromkeys(("no-verifier", "no-code"), Reason.PROVIDER),
        "no-challenge": OK,
    },
    "exchange": {
        **dict.fromkeys(("invalid-grant", "invalid-grant-object", "unavailable"), Reason.PROVIDER),
        **dict.fromkeys(("no-refresh-token", "no-access-token"), Reason.PROVIDER),
        "no-entitlement": Reason.NO_ENTITLEMENT,
        **dict.fromkeys(("no-id-token", "no-expires-in", "expires-in-text", "expires-in-odd", "expires-in-past"), OK),
        **dict.fromkeys(("broken-id-token", "short-token", "odd-claims", "no-claims", "new-plan"), OK),
        **dict.fromkeys(("other-account", "opaque-token", "odd-access"), OK),
    },
    "refresh": {
        **dict.fromkeys(("401", "401-empty", "invalid-grant"), Reason.REFUSED),
        **dict.fromkeys(("expired-400", "expired-401", "expired-string", "expired-top"), Reason.REFUSED),
        **dict.fromkeys(("reused-400", "reused-401", "reused-string", "reused-top"), Reason.REFUSED),
        **dict.fromkeys(("invalidated-400", "invalidated-401", "invalidated-string"), Reason.REFUSED),
        "invalidated-top": Reason.REFUSED,
        # Section 6: a refresh may leave out any of its tokens.
        **dict.fromkeys(("no-refresh-token", "no-id-token", "no-access-token"), OK),
        **dict.fromkeys(("no-expires-in", "expires-in-text", "expires-in-odd", "expires-in-past"), OK),
        **dict.fromkeys(("broken-id-token", "short-token", "odd-claims", "no-claims", "new-plan"), OK),
        **dict.fromkeys(("other-account", "opaque-token", "odd-access"), OK),
    },
    # Section 7: any 2xx is success, the body is not read.
    "revoke": {
        **dict.fromkeys(("200-broken", "200-empty", "200-object", "200-list", "200-null", "200-bytes"), OK),
        **dict.fromkeys(("200-nested", "200-types", "200-oversized", "200-gzip-bomb"), OK),
    },
    "models": {
        **dict.fromkeys(("401", "401-empty", "token-expired", "token-invalidated"), Reason.REFUSED),
        **dict.fromkeys(("empty", "null-fields", "no-slug", "slug-only", "hidden", "odd-slugs", "no-etag"), OK),
        "many": Reason.PROVIDER,  # five thousand of them are beyond 1 MiB
        "null": Reason.PROVIDER,
    },
    "usage": {
        **dict.fromkeys(("401", "401-empty", "token-expired", "token-invalidated"), Reason.REFUSED),
        **dict.fromkeys(("null-windows", "null-rate-limit", "null-credits", "no-plan", "new-plan"), OK),
        **dict.fromkeys(("balance-number", "percent-float", "text-numbers", "odd-windows", "far-reset"), OK),
        **dict.fromkeys(("over-100", "weekly-only", "limit-reached", "more-limits"), OK),
        **dict.fromkeys(("200-object", "200-empty"), OK),  # every field may be absent
    },
}


def expected(call: str, fault: str) -> Meaning | None:
    return OF_A_CALL[call].get(fault) or ANYWHERE.get(fault)


CELLS = [(call, switch.name) for switch in TABLE.switches for call in CALLS if call in switch.where]


class Line(httpx.AsyncBaseTransport):
    """The provider, and the hosts that were asked."""

    def __init__(self, provider: LocalProvider) -> None:
        self._way = httpx.ASGITransport(app=provider.app)
        self.hosts: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.hosts.add(request.url.host)
        return await self._way.handle_async_request(request)


class Asking:
    """A client of ours in front of a local provider, with everything at hand that a call needs."""

    def __init__(self, **settings: Any) -> None:
        self.local = LocalProvider(now=lambda: NOON)
        self.line = Line(self.local)
        self.settings = Settings(**settings)
        self.http = httpx.AsyncClient(transport=self.line)
        self.provider = Provider(self.settings, self.http, lambda: NOON)

    async def prepared(self, call: str) -> Callable[[], Awaitable[Any]]:
        """The call, its way there already gone."""
        tokens = self.local.issue()
        access, refresh = SecretStr(tokens["access_token"]), SecretStr(tokens["refresh_token"])
        if call in ("poll", "exchange"):
            code = await self.provider.start("pending-1")
            self.local.approve(code.user_code)
            if call == "poll":
                return lambda: self.provider.poll(code)
            grant = await self.provider.poll(code)
            assert grant
            return lambda: self.provider.exchange(grant)
        calls: dict[str, Callable[[], Awaitable[Any]]] = {
            "start": lambda: self.provider.start("pending-1"),
            "refresh": lambda: self.provider.refresh(refresh),
            "revoke": lambda: self.provider.revoke(refresh),
            "models": lambda: self.provider.models(access, "acc-ana"),
            "usage": lambda: self.provider.usage(access, "acc-ana"),
        }
        return calls[call]


def ask(call: str, fault: str | None = None, asking: Asking | None = None, **options: Any) -> Any:
    """What the call brought under that fault: its answer, or the error."""
    asking = asking or Asking()

    async def main() -> Any:
        async with asking.http:
            prepared = await asking.prepared(call)
            if fault:
                asking.local.fault(call, fault, times=None, **options)
            asking.local.reset_log()
            try:
                return await prepared()
            except ProviderError as trouble:
                return trouble

    return asyncio.run(main())


def test_every_fault_of_every_call_has_a_meaning() -> None:
    """A switch that is new in the local provider must be decided here."""
    assert [cell for cell in CELLS if expected(*cell) is None] == []
    known = {name for table in (ANYWHERE, *OF_A_CALL.values()) for name in table}
    assert known <= {switch.name for switch in TABLE.switches}


@pytest.mark.parametrize(("call", "fault"), CELLS)
def test_a_fault_has_its_meaning_and_costs_one_request(call: str, fault: str) -> None:
    """trust.md, section 2; section 4, fault matrix: no more calls than allowed, no secrets, no other host."""
    asking = Asking(timeout=0.15 if fault in ("hang", "slow", "trickle") else 12.0)
    answer = ask(call, fault, asking)
    wanted = expected(call, fault)
    meaning: Meaning = OK
    if isinstance(answer, ProviderError):
        meaning = answer.reason
        assert not any(secret in str(answer) for secret in asking.local.secrets())
    elif call == "poll" and answer is None:
        meaning = PENDING
    assert meaning == wanted
    assert asking.local.count() == asking.local.count(call) == 1
    assert asking.line.hosts <= {"auth.openai.com", "chatgpt.com"}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("options", "seconds"),
    [({}, None), ({"retry_after": 7}, 7), ({"retry_after": 90, "date": True}, 90)],
    ids=["silent", "seconds", "date"],
)
def test_a_throttle_says_when_to_come_back(call: str, options: dict[str, Any], seconds: int | None) -> None:
    """trust.md, section 2: honour `Retry-After`, in seconds or as a date."""
    trouble = ask(call, "429", **options)
    assert trouble.reason is Reason.LIMIT
    if options.get("date"):
        return  # measured against the real clock; `test_wire.py` has the figures
    assert trouble.retry_after == seconds


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        (httpx.ConnectError("refused"), False),
        (httpx.ConnectTimeout("slow"), False),
        (httpx.PoolTimeout("busy"), False),
        (httpx.ProxyError("407"), False),
        (httpx.ReadTimeout("slow"), True),
        (httpx.WriteError("reset"), True),
        (httpx.ReadError("reset"), True),
        (httpx.RemoteProtocolError("cut"), True),
    ],
)
@pytest.mark.parametrize("call", CALLS)
def test_whether_a_request_was_sent_is_known_or_assumed(call: str, fault: httpx.HTTPError, sent: bool) -> None:
    """trust.md, section 2: only where the connection was never made may a request be repeated."""
    asking = Asking()

    async def main() -> ProviderError:
        prepared = await asking.prepared(call)

        async def refuse(request: httpx.Request) -> httpx.Response:
            raise fault

        asking.line.handle_async_request = refuse  # type: ignore[method-assign]
        with pytest.raises(ProviderError) as told:
            await prepared()
        return told.value

    trouble = asyncio.run(main())
    assert (trouble.reason, trouble.sent) == (Reason.NETWORK, sent)
    assert trouble.__cause__ is None


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(call: str, status: int) -> None:
    """trust.md, section 3, also with a client that would follow one."""
    asking = Asking()
    asking.http.follow_redirects = True
    seen: list[str] = []

    async def main() -> Any:
        prepared = await asking.prepared(call)

        async def redirect(request: httpx.Request) -> httpx.Response:
            seen.append(request.url.host)
            return httpx.Response(status, headers={"location": "https://elsewhere.example.test/"})

        asking.line.handle_async_request = redirect  # type: ignore[method-assign]
        with pytest.raises(ProviderError):
            await prepared()

    asyncio.run(main())
    assert len(seen) == 1


@pytest.mark.parametrize(("call", "limit"), [("start", 64 * 1024), ("usage", 64 * 1024), ("models", 1024 * 1024)])
@pytest.mark.parametrize("declared", [True, False])
def test_a_body_is_read_to_its_bound(call: str, limit: int, declared: bool) -> None:
    """trust.md, section 3: 64 KiB for auth bodies, 1 MiB for models, after decompression."""
    assert not isinstance(ask(call, "200-oversized", size=limit // 2, declared=declared), ProviderError)
    assert ask(call, "200-oversized", size=limit + 1, declared=declared).reason is Reason.PROVIDER


# What a good answer means.


def test_a_start_shows_our_own_page_and_hides_the_device_id() -> None:
    """Rule 3: no URL out of a provider's body reaches chat."""
    code = ask("start", "link-elsewhere")
    assert code.verification_url == "https://auth.openai.com/codex/device"
    assert code.pending_id == "pending-1"
    assert code.expires_at == NOON + timedelta(minutes=15)
    assert code.device_auth_id.get_secret_value() not in repr(code)
    assert code.user_code not in repr(code)


def test_models_come_in_the_providers_order_without_the_hidden_ones() -> None:
    """Section 8."""
    assert cast(ModelList, ask("models")).slugs == ("gpt-5-codex", "gpt-5", "gpt-5-mini")
    assert cast(ModelList, ask("models", "hidden")).slugs == ()
    assert all("/" not in slug and "\n" not in slug for slug in cast(ModelList, ask("models", "odd-slugs")).slugs)


def test_an_equal_etag_renews_the_list() -> None:
    asking = Asking()

    async def main() -> tuple[ModelList | None, ModelList | None]:
        access = SecretStr(asking.local.issue()["access_token"])
        first = await asking.provider.models(access, "acc-ana")
        assert first
        return first, await asking.provider.models(access, "acc-ana", first.etag)

    first, again = asyncio.run(main())
    assert first and again is None


def test_the_client_names_itself_and_what_a_call_needs() -> None:
    """Section 1: be honest, use your own name. The bearer goes to the backend alone."""
    asking = Asking()
    ask("models", asking=asking)
    [record] = asking.local.requests
    assert record.headers["originator"] == "chatgpt-codex-onboarding"
    assert record.headers["chatgpt-account-id"] == "acc-ana"
    for call in ("start", "poll", "exchange", "refresh", "revoke"):
        asking = Asking()
        seen: list[httpx.Request] = []
        asking.http.event_hooks = {"request": [_keep(seen)]}
        ask(call, asking=asking)
        assert all("authorization" not in request.headers for request in seen)
        assert all(not request.url.query for request in seen)


def _keep(seen: list[httpx.Request]) -> Callable[[httpx.Request], Awaitable[None]]:
    async def keep(request: httpx.Request) -> None:
        seen.append(request)

    return keep
