"""Start, poll, exchange, refresh and revoke, as sections 2 to 7 of the protocol have them."""

import base64
import hashlib
import json
from datetime import timedelta

import pytest

from skill.simulator import LocalProvider, SignInOffError, UnknownCodeError
from skill.simulator.sign_in import CLIENT_ID
from skill.simulator.tokens import AUTH_CLAIM, PROFILE_CLAIM

from .client import Client, Json
from .conftest import NOON, Runner


def claims_of(token: object) -> Json:
    payload = str(token).split(".")[1]
    claims: Json = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


async def granted(client: Client, provider: LocalProvider) -> Json:
    started = (await client.start()).json()
    provider.approve(started["user_code"])
    grant: Json = (await client.poll(started)).json()
    return grant


def test_a_whole_sign_in_over_real_http(run_on_port: Runner, provider: LocalProvider) -> None:
    """Section 0.1: start, pending, approve, poll, exchange, models."""

    async def scenario(client: Client) -> None:
        started = (await client.start()).json()
        pending = await client.poll(started)
        assert pending.status_code == 403
        assert pending.json()["error"]["code"] == "deviceauth_authorization_pending"
        provider.approve(started["user_code"])
        grant = (await client.poll(started)).json()
        tokens = (await client.exchange(grant)).json()
        listed = (await client.models(tokens["access_token"])).json()["models"]
        assert [model["slug"] for model in listed] == ["gpt-5-codex", "gpt-5", "gpt-5-mini"]

    run_on_port(scenario)
    assert [r.endpoint for r in provider.requests] == ["start", "poll", "poll", "exchange", "models"]
    assert provider.count() == 5
    assert all(record.time == NOON for record in provider.requests)


def test_start_answers_in_the_provider_s_own_shape(run: Runner) -> None:
    """Section 2: interval is a string, there is no address and no expires_in."""

    async def scenario(client: Client) -> None:
        started = (await client.start(scope="tolerated")).json()
        assert set(started) == {"device_auth_id", "user_code", "interval", "expires_at"}
        assert started["interval"] == "5"
        assert started["expires_at"] == "2026-11-22T12:15:00+00:00"
        four, five = started["user_code"].split("-")
        assert (len(four), len(five)) == (4, 5)

    run(scenario)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"client_id": "other"}', b"[" * 100_000])
def test_start_needs_the_client_id(run: Runner, body: bytes) -> None:
    async def scenario(client: Client) -> None:
        headers = {"content-type": "application/json"}
        path = "/api/accounts/deviceauth/usercode"
        reply = await client.http.post(path, content=body, headers=headers)
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "invalid_client")

    run(scenario)


def test_poll_hands_out_a_verifier_and_its_challenge(run: Runner, provider: LocalProvider) -> None:
    """Section 3, success; RFC 7636, section 4.2."""

    async def scenario(client: Client) -> None:
        grant = await granted(client, provider)
        digest = hashlib.sha256(str(grant["code_verifier"]).encode()).digest()
        assert grant["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    run(scenario)


def test_poll_needs_the_device_id_and_the_code_together(run: Runner, provider: LocalProvider) -> None:
    """Section 0.2, poll identity."""

    async def scenario(client: Client) -> None:
        one, two = (await client.start()).json(), (await client.start()).json()
        provider.approve(one["user_code"])
        for mixed in (
            {**one, "device_auth_id": two["device_auth_id"]},
            {**two, "user_code": "ZZZZ-ZZZZZ"},
            {"device_auth_id": 7, "user_code": None},
        ):
            reply = await client.poll(mixed)
            assert reply.json()["error"]["code"] == "deviceauth_authorization_unknown"
        assert (await client.poll(one)).status_code == 200

    run(scenario)


def test_a_success_is_handed_out_once(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        started = (await client.start()).json()
        provider.approve(started["user_code"])
        assert (await client.poll(started)).status_code == 200
        assert (await client.poll(started)).status_code == 403

    run(scenario)


def test_a_declined_code_says_so(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        started = (await client.start()).json()
        provider.decline(started["user_code"])
        reply = await client.poll(started)
        assert (reply.status_code, reply.json()["error"]) == (401, "authorization_declined")

    run(scenario)


@pytest.mark.parametrize("approved", [False, True])
def test_a_code_lasts_fifteen_minutes(run: Runner, provider: LocalProvider, approved: bool) -> None:
    """Section 3, timing."""

    async def scenario(client: Client) -> None:
        started = (await client.start()).json()
        if approved:
            provider.approve(started["user_code"])
        provider.advance(15 * 60)
        reply = await client.poll(started)
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "expired_token")

    run(scenario)


def test_a_decided_code_can_not_be_decided_again(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        code = (await client.start()).json()["user_code"]
        with pytest.raises(SignInOffError):
            provider.approve(code, "kim@example.test")
        provider.approve(code.lower())
        for again in (provider.approve, provider.decline):
            with pytest.raises(UnknownCodeError, match="is approved"):
                again(code)
        with pytest.raises(UnknownCodeError):
            provider.approve("AAAA-AAAAA")
        with pytest.raises(ValueError, match="there are: ana@"):
            provider.approve(code, "nobody@example.test")

    run(scenario)


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "ac_unknown"},
        {"code_verifier": "another"},
        {"redirect_uri": "http://elsewhere.test/deviceauth/callback"},
    ],
)
def test_exchange_refuses_what_does_not_belong_together(
    run: Runner, provider: LocalProvider, wrong: dict[str, str]
) -> None:
    """Section 4; a wrong try does not spend the code."""

    async def scenario(client: Client) -> None:
        grant = await granted(client, provider)
        reply = await client.exchange(grant, **wrong)
        assert (reply.status_code, reply.json()["error"]) == (400, "invalid_grant")
        assert (await client.exchange(grant)).status_code == 200

    run(scenario)


def test_an_authorization_code_works_once_and_for_ten_minutes(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        grant = await granted(client, provider)
        assert (await client.exchange(grant)).status_code == 200
        assert (await client.exchange(grant)).json()["error"] == "invalid_grant"
        late = await granted(client, provider)
        provider.advance(600)
        assert (await client.exchange(late)).json()["error"] == "invalid_grant"

    run(scenario)


def test_the_token_endpoint_knows_two_grants_and_one_client(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        reply = await client.exchange(await granted(client, provider), grant_type="password")
        assert reply.json()["error"] == "unsupported_grant_type"
        reply = await client.exchange(await granted(client, provider), client_id="other")
        assert (reply.status_code, reply.json()["error"]) == (401, "invalid_client")
        body = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": "other"}
        assert (await client.http.post("/oauth/token", json=body)).status_code == 401

    run(scenario)


def test_tokens_carry_the_claims_of_section_5(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        tokens = await client.sign_in(provider)
        access, identity = claims_of(tokens["access_token"]), claims_of(tokens["id_token"])
        auth = {
            "chatgpt_account_id": "acc-ana",
            "chatgpt_plan_type": "plus",
            "chatgpt_user_id": "user-ana",
        }
        assert access[AUTH_CLAIM] == identity[AUTH_CLAIM] == auth
        assert access["exp"] == int((NOON + timedelta(days=10)).timestamp())
        assert identity["email"] == "ana@example.test"
        assert identity[PROFILE_CLAIM] == {"email": "ana@example.test"}
        assert tokens["expires_in"] == 864_000
        assert all(len(str(tokens[name]).split(".")) == 3 for name in ("id_token", "access_token"))

    run(scenario)


@pytest.mark.parametrize("form", [False, True])
def test_refresh_rotates_in_both_encodings(run: Runner, provider: LocalProvider, form: bool) -> None:
    """Section 6."""

    async def scenario(client: Client) -> None:
        first = await client.sign_in(provider)
        second = (await client.refresh(first["refresh_token"], form)).json()
        assert second["refresh_token"] != first["refresh_token"]
        assert (await client.usage(second["access_token"])).status_code == 200

    run(scenario)


@pytest.mark.parametrize("whole_family", [True, False])
def test_a_reused_refresh_token_is_detected(run: Runner, provider: LocalProvider, whole_family: bool) -> None:
    """Section 6: the replay is refused; the family falls with it by a switch; access tokens live on."""
    provider.configure(family_revocation=whole_family)

    async def scenario(client: Client) -> None:
        first = await client.sign_in(provider)
        second = (await client.refresh(first["refresh_token"])).json()
        replay = await client.refresh(first["refresh_token"])
        assert replay.status_code == 401
        assert replay.json()["error"] == {
            "message": "The refresh token is refused.",
            "type": "invalid_request_error",
            "param": None,
            "code": "refresh_token_reused",
        }
        after = await client.refresh(second["refresh_token"])
        assert after.status_code == (401 if whole_family else 200)
        if whole_family:
            assert after.json()["error"]["code"] == "refresh_token_invalidated"
        assert (await client.usage(second["access_token"])).status_code == 200

    run(scenario)
    assert provider.reuses == 1


def test_an_unknown_refresh_token_is_invalid(run: Runner) -> None:
    async def scenario(client: Client) -> None:
        reply = await client.refresh("rt_unknown")
        assert reply.json()["error"]["code"] == "refresh_token_invalidated"

    run(scenario)


def test_revoke_ends_the_family(run: Runner, provider: LocalProvider) -> None:
    """Section 7: after a logout nothing is usable."""

    async def scenario(client: Client) -> None:
        tokens = await client.sign_in(provider)
        newer = (await client.refresh(tokens["refresh_token"])).json()
        assert (await client.revoke(newer["refresh_token"])).status_code == 200
        assert (await client.usage(newer["access_token"])).status_code == 401
        assert (await client.refresh(newer["refresh_token"])).status_code == 401

    run(scenario)
    assert (provider.live_tokens().access, provider.live_tokens().refresh) == (0, 0)


def test_revoke_of_an_access_token_ends_that_one(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        tokens = await client.sign_in(provider)
        assert (await client.revoke(tokens["access_token"], "access_token")).status_code == 200
        assert (await client.usage(tokens["access_token"])).status_code == 401
        assert (await client.refresh(tokens["refresh_token"])).status_code == 200

    run(scenario)


def test_revoke_of_nothing(run: Runner) -> None:
    """RFC 7009, section 2.2: an unknown token is no error; a missing one is."""

    async def scenario(client: Client) -> None:
        assert (await client.revoke("rt_unknown")).status_code == 200
        assert (await client.revoke("")).status_code == 400

    run(scenario)


def test_a_killed_session_refuses_refreshing(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        one, two = await client.sign_in(provider), await client.sign_in(provider, "wei@example.test")
        provider.kill_session("ana@example.test", access=False)
        reply = await client.refresh(one["refresh_token"])
        assert reply.json()["error"]["code"] == "refresh_token_invalidated"
        assert (await client.usage(one["access_token"])).status_code == 200
        provider.kill_session("ana@example.test")
        reply = await client.usage(one["access_token"])
        assert reply.json()["error"]["code"] == "token_invalidated"
        assert (await client.usage(two["access_token"])).status_code == 200

    run(scenario)
    assert provider.live_tokens("ana@example.test").access == 0
    assert provider.live_tokens("wei@example.test").refresh == 1


def test_every_secret_is_known_for_leak_tests(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        started = (await client.start()).json()
        provider.approve(started["user_code"])
        grant = (await client.poll(started)).json()
        tokens = (await client.exchange(grant)).json()
        issued = {started["device_auth_id"], *grant.values()}
        issued |= {tokens[name] for name in ("access_token", "refresh_token", "id_token")}
        assert issued <= provider.secrets()
        assert started["user_code"] not in provider.secrets()
        shown = repr((provider.requests, provider.codes, provider.accounts, provider.tokens))
        assert not [secret for secret in provider.secrets() if secret in shown]

    run(scenario)


def test_a_seed_makes_the_same_codes(run: Runner) -> None:
    codes = [LocalProvider(seed=7).devices.start(NOON, timedelta(1)).user_code for _ in range(2)]
    assert codes[0] == codes[1]


def test_issue_saves_tests_the_way_there(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        tokens = provider.issue("wei@example.test")
        assert (await client.usage(tokens["access_token"])).json()["plan_type"] == "team"

    run(scenario)


def test_unknown_paths_and_methods_are_logged_too(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        assert (await client.http.post("/api/codex/usage")).status_code == 404
        assert (await client.http.get("/oauth/token")).status_code == 404
        assert (await client.http.get("/", follow_redirects=True)).status_code == 200

    run(scenario)
    assert [record.endpoint for record in provider.requests] == ["other", "other", "page", "page"]
    assert provider.count() == 0
    provider.reset_log()
    assert provider.requests == []


def test_the_watcher_sees_each_request_with_its_answer(run: Runner, provider: LocalProvider) -> None:
    lines: list[str] = []
    provider.on_request = lambda record: lines.append(record.line())

    async def scenario(client: Client) -> None:
        await client.start()
        await client.refresh("rt_secret")

    run(scenario)
    assert lines == [
        "12:00:00  start     200  POST /api/accounts/deviceauth/usercode",
        "12:00:00  refresh   401  POST /oauth/token",
    ]


def test_records_keep_headers_but_no_credential(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        await client.models("at_secret", originator="demo")
        await client.http.get("/codex/device?code=WXYZ-12345")

    run(scenario)
    record, visit = provider.requests
    assert (visit.path, visit.query) == ("/codex/device", "code=WXYZ-12345")
    assert "WXYZ" not in visit.line() + repr(visit)
    assert record.headers["originator"] == "demo"
    assert "authorization" not in record.headers


def test_the_client_id_is_the_public_one() -> None:
    """Section 1."""
    assert CLIENT_ID == "app_EMoamEEZ73f0CkXaXp7hrann"


def test_a_form_may_name_its_charset(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        token = provider.issue()["refresh_token"]
        form = f"grant_type=refresh_token&refresh_token={token}&client_id={CLIENT_ID}"
        headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        assert (await client.http.post("/oauth/token", content=form, headers=headers)).status_code == 200

    run(scenario)


def test_lifetimes_are_settings(run: Runner, provider: LocalProvider) -> None:
    provider.configure(code_lifetime=60, token_lifetime=120, interval=9)

    async def scenario(client: Client) -> None:
        started = (await client.start()).json()
        assert (started["interval"], started["expires_at"]) == ("9", "2026-11-22T12:01:00+00:00")
        assert (await client.sign_in(provider))["expires_in"] == 120

    run(scenario)


def test_a_body_without_end_is_not_read(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        headers = {"content-type": "application/json"}
        body = b'{"client_id": "' + b"x" * (17 << 20)
        reply = await client.http.post("/oauth/revoke", content=body, headers=headers)
        assert reply.status_code == 400

    run(scenario)
