"""Every switch of the table happens, once, and is seen in the log (protocol, section 14)."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest

from skill.simulator import LocalProvider
from skill.simulator.faults import TABLE, describe
from skill.simulator.log import ENDPOINTS

from .client import Client, Json
from .conftest import NOON, Runner

SILENT = {"drop", "reset", "cut", "hang"}
EVERY = [(endpoint, s.name) for s in TABLE.switches for endpoint in s.where if s.name not in SILENT]


async def prepared(client: Client, provider: LocalProvider, endpoint: str) -> Callable[[], Awaitable[httpx.Response]]:
    """Bring the provider to where a call of this endpoint succeeds; the call."""
    started = (await client.start()).json()
    provider.approve(started["user_code"])
    if endpoint in ("start", "poll"):
        return client.start if endpoint == "start" else lambda: client.poll(started)
    grant = (await client.poll(started)).json()
    if endpoint == "exchange":
        return lambda: client.exchange(grant)
    tokens = (await client.exchange(grant)).json()
    calls: dict[str, Callable[[], Awaitable[httpx.Response]]] = {
        "refresh": lambda: client.refresh(tokens["refresh_token"]),
        "revoke": lambda: client.revoke(tokens["refresh_token"]),
        "models": lambda: client.models(tokens["access_token"]),
        "usage": lambda: client.usage(tokens["access_token"]),
        "responses": lambda: client.responses(tokens["access_token"]),
    }
    return calls[endpoint]


async def faulted(
    client: Client, provider: LocalProvider, endpoint: str, name: str, **options: object
) -> httpx.Response:
    """The reply of an otherwise good call under one fault."""
    call = await prepared(client, provider, endpoint)
    provider.fault(endpoint, name, **options)
    return await call()


@pytest.mark.parametrize(("endpoint", "name"), EVERY)
def test_each_fault_happens_once(run: Runner, provider: LocalProvider, endpoint: str, name: str) -> None:
    async def scenario(client: Client) -> None:
        call = await prepared(client, provider, endpoint)
        provider.fault(endpoint, name)
        reply = await call()
        record = provider.requests[-1]
        assert (record.endpoint, record.fault) == (endpoint, name)
        assert record.status == reply.status_code
        if name[:3].isdigit():
            assert name.startswith(str(reply.status_code))
        assert provider.faults == []

    run(scenario)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("name", ["drop", "reset", "cut"])
def test_a_lost_reply_looks_the_same_without_a_port(
    run: Runner, provider: LocalProvider, endpoint: str, name: str
) -> None:
    async def scenario(client: Client) -> None:
        with pytest.raises(httpx.TransportError):
            await faulted(client, provider, endpoint, name)

    run(scenario)
    assert (provider.requests[-1].status, provider.requests[-1].fault) == (None, name)


@pytest.mark.parametrize("name", ["drop", "reset", "cut"])
def test_a_reply_lost_after_rotating_has_spent_the_token(
    run_on_port: Runner, provider: LocalProvider, name: str
) -> None:
    """Section 14: the one loss that no client can tell from a request that never arrived."""

    async def scenario(client: Client) -> None:
        refresh_token = provider.issue()["refresh_token"]
        provider.fault("refresh", name)
        with pytest.raises(httpx.TransportError):
            await client.refresh(refresh_token)
        reply = await client.refresh(refresh_token)
        assert reply.json()["error"]["code"] == "refresh_token_reused"

    run_on_port(scenario)
    assert provider.count("refresh") == 2


@pytest.mark.parametrize("name", ["drop", "reset", "hang"])
def test_a_request_lost_before_it_acted_has_spent_nothing(
    run_on_port: Runner, provider: LocalProvider, name: str
) -> None:
    async def scenario(client: Client) -> None:
        client.http.timeout = httpx.Timeout(5, read=0.05)
        refresh_token = provider.issue()["refresh_token"]
        provider.fault("refresh", name, effect=False)
        with pytest.raises(httpx.TransportError):
            await client.refresh(refresh_token)
        client.http.timeout = httpx.Timeout(5)
        assert (await client.refresh(refresh_token)).status_code == 200

    run_on_port(scenario)


def test_a_hanging_reply_ends_with_the_client_s_patience(run_on_port: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        client.http.timeout = httpx.Timeout(5, read=0.05)
        provider.fault("revoke", "hang")
        with pytest.raises(httpx.ReadTimeout):
            await client.revoke("rt_any")

    run_on_port(scenario)


def test_a_hanging_reply_can_be_cancelled_without_a_port(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        provider.fault("start", "hang")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.start(), 0.01)

    run(scenario)


def test_a_late_reply_takes_its_time_after_the_effect(run: Runner, provider: LocalProvider, naps: list[float]) -> None:
    async def scenario(client: Client) -> None:
        reply = await faulted(client, provider, "refresh", "500", delay=3, effect=True)
        assert reply.status_code == 500
        await faulted(client, provider, "start", "slow")
        provider.configure(latency=0.1)
        await client.start()

    run(scenario)
    assert naps == [3, 30.0, 0.1]
    assert provider.live_tokens().access == 2


def test_a_client_that_leaves_ends_the_wait(run_on_port: Runner, provider: LocalProvider) -> None:
    provider.sleep = asyncio.sleep

    async def scenario(client: Client) -> None:
        client.http.timeout = httpx.Timeout(5, read=0.05)
        provider.fault("any", "slow")
        with pytest.raises(httpx.ReadTimeout):
            await client.start()
        provider.fault("start", "trickle")
        with pytest.raises(httpx.ReadTimeout):
            await client.start()

    run_on_port(scenario)


def test_a_trickle_arrives_whole(run_on_port: Runner, provider: LocalProvider, naps: list[float]) -> None:
    async def scenario(client: Client) -> None:
        reply = await faulted(client, provider, "start", "trickle", pause=2)
        assert "user_code" in reply.json()
        assert naps == [2] * len(reply.content)

    run_on_port(scenario)


def test_a_broken_off_reply_has_begun(run_on_port: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        call = await prepared(client, provider, "usage")
        provider.fault("usage", "cut")
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            await call()

    run_on_port(scenario)


def test_a_bomb_is_small_on_the_wire(run_on_port: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        reply = await faulted(client, provider, "start", "200-gzip-bomb", size=1 << 20)
        assert int(reply.headers["content-length"]) < 4096
        assert len(reply.content) == (1 << 20) + 2
        reply = await faulted(client, provider, "models", "200-oversized", size=3 << 20, declared=False)
        assert len(reply.content) > 3 << 20
        assert "content-length" not in reply.headers
        assert len(reply.json()["models"]) == 3

    run_on_port(scenario)


@pytest.mark.parametrize(
    ("options", "header"),
    [
        ({}, None),
        ({"retry_after": 7}, "7"),
        ({"retry_after": 7, "date": True}, "Sun, 22 Nov 2026 12:00:07 GMT"),
    ],
)
@pytest.mark.parametrize("name", ["429", "503"])
def test_a_throttle_may_say_when_to_come_back(
    run: Runner, provider: LocalProvider, name: str, options: dict[str, object], header: str | None
) -> None:
    async def scenario(client: Client) -> None:
        reply = await faulted(client, provider, "poll", name, **options)
        assert reply.headers.get("retry-after") == header

    run(scenario)


def test_a_firewall_names_itself(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        reply = await faulted(client, provider, "poll", "403-html")
        assert reply.headers["cf-mitigated"] == "challenge"
        assert reply.headers["content-type"].startswith("text/html")
        assert reply.status_code == 403

    run(scenario)


def test_a_redirect_leads_elsewhere(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        reply = await faulted(client, provider, "refresh", "302", to="https://other.test/x")
        assert (reply.status_code, reply.headers["location"]) == (302, "https://other.test/x")

    run(scenario)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("interval-number", "interval", 5),
        ("interval-missing", "interval", None),
        ("interval-text", "interval", "soon"),
        ("usercode", "user_code", None),
        ("link-in-code", "user_code", "GO-1 https://elsewhere.example.test/codex"),
        ("link-elsewhere", "verification_uri", "https://elsewhere.example.test/codex"),
        ("expires-at-naive", "expires_at", "2026-11-22T12:15:00"),
        ("short-life", "expires_at", "2026-11-22T12:01:00+00:00"),
    ],
)
def test_odd_starts(run: Runner, provider: LocalProvider, name: str, field: str, value: object) -> None:
    async def scenario(client: Client) -> None:
        body = (await faulted(client, provider, "start", name)).json()
        assert body.get(field) == value
        if name == "usercode":
            provider.approve(body["usercode"])

    run(scenario)


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("pending-403", 403, "deviceauth_authorization_pending"),
        ("pending-404", 404, "deviceauth_authorization_pending"),
        ("pending-403-empty", 403, None),
        ("pending-404-empty", 404, None),
        ("pending-400", 400, "deviceauth_authorization_pending"),
        ("slow-down", 400, "slow_down"),
        ("declined-401", 401, "authorization_declined"),
        ("declined-403", 403, "access_denied"),
        ("expired", 403, "expired_token"),
    ],
)
def test_odd_polls(run: Runner, provider: LocalProvider, name: str, status: int, code: str | None) -> None:
    """The approval is not lost by a poll that fails."""

    async def scenario(client: Client) -> None:
        call = await prepared(client, provider, "poll")
        provider.fault("poll", name)
        reply = await call()
        assert reply.status_code == status
        assert (code or "") in reply.text
        assert bool(reply.content) == bool(code)
        assert (await call()).status_code == 200

    run(scenario)


def test_a_change_of_a_success_waits_for_one(run: Runner, provider: LocalProvider) -> None:
    """`no-challenge` set before the approval passes the pending polls by."""

    async def scenario(client: Client) -> None:
        started = (await client.start()).json()
        provider.fault("poll", "no-challenge")
        assert (await client.poll(started)).status_code == 403
        provider.approve(started["user_code"])
        assert "code_challenge" not in (await client.poll(started)).json()

    run(scenario)
    assert [record.fault for record in provider.requests] == [None, None, "no-challenge"]
    assert provider.faults == []


def test_a_refresh_without_a_new_refresh_token_keeps_the_old(run: Runner, provider: LocalProvider) -> None:
    """Section 6: a missing field keeps its old value, so the old token must go on working."""

    async def scenario(client: Client) -> None:
        old = provider.issue()["refresh_token"]
        provider.fault("refresh", "no-refresh-token")
        assert "refresh_token" not in (await client.refresh(old)).json()
        assert (await client.refresh(old)).status_code == 200

    run(scenario)
    assert provider.reuses == 0


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("short", ["expired", "reused", "invalidated"])
def test_the_three_refresh_codes(run: Runner, provider: LocalProvider, short: str, status: int) -> None:
    async def scenario(client: Client) -> None:
        reply = await faulted(client, provider, "refresh", f"{short}-{status}")
        assert reply.status_code == status
        assert reply.json()["error"]["code"] == f"refresh_token_{short}"

    run(scenario)


@pytest.mark.parametrize("name", ["opaque-token", "odd-access", "other-account", "odd-claims", "new-plan"])
def test_odd_tokens_still_open_the_backend(run: Runner, provider: LocalProvider, name: str) -> None:
    async def scenario(client: Client) -> None:
        tokens: Json = (await faulted(client, provider, "exchange", name)).json()
        assert (await client.usage(tokens["access_token"])).status_code == 200
        assert {tokens["access_token"], tokens["id_token"]} <= provider.secrets()

    run(scenario)


def test_a_short_token_lasts_as_long_as_it_says(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        tokens = (await faulted(client, provider, "exchange", "short-token", seconds=30)).json()
        assert tokens["expires_in"] == 30
        provider.advance(30)
        assert (await client.usage(tokens["access_token"])).status_code == 401

    run(scenario)


def test_a_weekly_limit_takes_the_first_place(run: Runner, provider: LocalProvider) -> None:
    """Section 9."""

    async def scenario(client: Client) -> None:
        limit = (await faulted(client, provider, "usage", "weekly-only")).json()["rate_limit"]
        assert limit["primary_window"]["limit_window_seconds"] == 604_800
        assert limit["secondary_window"] is None

    run(scenario)


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("stream-cut", "response.output_text.delta"),
        ("stream-error", "error"),
        ("stream-failed", "response.failed"),
        ("stream-limit", "error"),
        ("stream-done", "response.done"),
    ],
)
def test_streams_that_end_otherwise(run: Runner, provider: LocalProvider, name: str, last: str) -> None:
    async def scenario(client: Client) -> None:
        reply = await faulted(client, provider, "responses", name)
        assert reply.text.rpartition("event: ")[2].startswith(f"{last}\n")
        assert "response.completed" not in reply.text

    run(scenario)


def test_both_kinds_of_429(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        error = (await faulted(client, provider, "responses", "limit", seconds=60)).json()["error"]
        assert error["resets_at"] == int((NOON + timedelta(seconds=60)).timestamp())
        error = (await faulted(client, provider, "responses", "not-included")).json()["error"]
        assert error["type"] == "usage_not_included"

    run(scenario)


def test_the_clock_of_the_provider_can_be_wrong(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        reply = await faulted(client, provider, "start", "clock", seconds=-600)
        assert reply.headers["date"] == "Sun, 22 Nov 2026 11:50:00 GMT"

    run(scenario)


def test_faults_queue_up_and_the_nearer_goes_first(run: Runner, provider: LocalProvider) -> None:
    provider.fault("any", "503", times=None)
    provider.fault("start", "500")
    provider.fault("start", "429", times=2)

    async def scenario(client: Client) -> None:
        assert [(await client.start()).status_code for _ in range(5)] == [500, 429, 429, 503, 503]
        provider.clear_faults("any")
        assert (await client.start()).status_code == 200
        assert (await client.http.get("/codex/device")).status_code == 200

    run(scenario)


@pytest.mark.parametrize(
    ("endpoint", "name", "options", "told"),
    [
        ("login", "500", {}, "no endpoint 'login'; there are: start"),
        ("start", "slow-down", {}, "no fault 'slow-down' for 'start'; there are: 400"),
        ("any", "usercode", {}, "no fault 'usercode' for 'any'"),
        ("start", "429", {"after": 7}, "no option 'after'; there are: delay, effect, retry_after, date"),
        ("start", "slow", {"delay": "7"}, "option delay is like 30.0"),
        ("start", "slow", {"delay": True}, "option delay is like 30.0"),
        ("start", "drop", {"effect": 0}, "option effect is like True"),
        ("start", "500", {"times": 0}, "times is at least 1"),
    ],
)
def test_a_wrong_switch_is_told_at_once(
    provider: LocalProvider, endpoint: str, name: str, options: dict[str, object], told: str
) -> None:
    with pytest.raises(ValueError) as raised:
        provider.fault(endpoint, name, **options)  # type: ignore[arg-type]
    assert told in str(raised.value)


def test_the_table_names_every_switch() -> None:
    text = describe()
    assert all(switch.name in text and switch.does in text for switch in TABLE.switches)
    named = [(endpoint, switch.name) for switch in TABLE.switches for endpoint in switch.where]
    assert len(named) == len(set(named))


def test_wrong_types_are_wrong_everywhere(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        good = (await client.start()).json()
        bad = (await faulted(client, provider, "start", "200-types")).json()
        assert all(type(good[name]) is not type(bad[name]) for name in good)
        reply = await faulted(client, provider, "responses", "200-types")
        assert json.loads(reply.text.split("data: ")[1].splitlines()[0])["type"] == ["r"]

    run(scenario)


def test_a_stream_fault_waits_for_a_stream(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        access = provider.issue()["access_token"]
        provider.fault("responses", "stream-cut")
        assert (await client.responses(access, store=True)).status_code == 400
        assert [fault.times for fault in provider.faults] == [1]
        assert "response.completed" not in (await client.responses(access)).text

    run(scenario)


def test_a_standing_fault_outlives_what_it_does_not_fit(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        provider.fault("refresh", "no-id-token", times=None)
        assert (await client.refresh("rt_unknown")).status_code == 401
        for _ in range(2):
            token = provider.issue()["refresh_token"]
            assert "id_token" not in (await client.refresh(token)).json()

    run(scenario)
    assert len(provider.faults) == 1
