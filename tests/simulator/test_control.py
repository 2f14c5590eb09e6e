"""`/_control`: another process steers the provider and reads its counts."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from skill.simulator import LocalProvider, serve_in_thread
from skill.simulator.control import ACTIONS
from skill.simulator.sign_in import CLIENT_ID

from .client import Client, Json

Do = Callable[..., Awaitable[httpx.Response]]
Scenario = Callable[[Client, Do], Awaitable[None]]


def run_local(provider: LocalProvider, scenario: Scenario) -> None:
    async def main() -> None:
        transport = httpx.ASGITransport(app=provider.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1") as http:

            async def do(name: object, /, **arguments: object) -> httpx.Response:
                return await http.post("/_control", json={"do": name, **arguments})

            await scenario(Client(http), do)

    asyncio.run(main())


def test_a_second_process_drives_a_whole_sign_in() -> None:
    """Over real HTTP, from outside the server's thread; watching is not counted."""
    with serve_in_thread(LocalProvider()) as served, httpx.Client(base_url=served.url) as http:
        body = {"client_id": CLIENT_ID}
        started = http.post("/api/accounts/deviceauth/usercode", json=body).json()
        seen: Json = http.get("/_control").json()
        assert seen["codes"][0]["state"] == "pending"
        approval = {"do": "approve", "user_code": started["user_code"], "account": "wei@example.test"}
        assert http.post("/_control", json=approval).json() == {"ok": True}
        assert http.post("/_control", json={"do": "fault", "endpoint": "poll", "name": "502-html"}).is_success
        polling = {name: started[name] for name in ("device_auth_id", "user_code")}
        assert http.post("/api/accounts/deviceauth/token", json=polling).status_code == 502
        assert http.post("/api/accounts/deviceauth/token", json=polling).status_code == 200
        seen = http.get("/_control").json()
        assert seen["counts"] == {"start": 1, "poll": 2}
        assert [record["fault"] for record in seen["requests"]] == [None, "502-html", None]
        assert seen["codes"][0]["account"] == "wei@example.test"
        text = http.get("/_control").text
        assert not [secret for secret in served.provider.secrets() if secret in text]


def test_each_action_has_its_control(provider: LocalProvider) -> None:
    async def scenario(client: Client, do: Do) -> None:
        codes = [(await client.start()).json()["user_code"] for _ in range(3)]
        tokens = provider.issue()
        good: list[tuple[str, dict[str, object]]] = [
            ("approve", {"user_code": codes[0]}),
            ("decline", {"user_code": codes[1]}),
            ("expire", {"user_code": codes[2]}),
            ("fault", {"endpoint": "start", "name": "429", "retry_after": 7, "times": 2}),
            ("revoke_access", {"account": "ana@example.test", "fault": "token_expired"}),
            ("kill_session", {"account": "ana@example.test"}),
            ("limit", {"account": "ana@example.test", "seconds": 60}),
            ("add_account", {"email": "new@example.test", "plan": "edu", "models": ["gpt-5"]}),
            ("advance", {"seconds": 60}),
            ("configure", {"latency": 0.5, "interval": 9, "family_revocation": False}),
        ]
        for name, arguments in good:
            assert (await do(name, **arguments)).json() == {"ok": True}, name
        seen = (await client.http.get("/_control")).json()
        assert [code["state"] for code in seen["codes"]] == ["approved", "declined", "expired"]
        assert seen["faults"] == [
            {"endpoint": "start", "name": "429", "times": 2, "options": {"retry_after": 7, "date": False}}
        ]
        assert seen["accounts"][-1] == "new@example.test"
        assert seen["now"] == "2026-11-22T12:01:00+00:00"
        assert (await client.refresh(tokens["refresh_token"])).status_code == 401
        for name in ("clear_faults", "reset_log"):
            assert (await do(name)).json() == {"ok": True}
        assert {name for name, _ in good} | {"clear_faults", "reset_log"} == set(ACTIONS)

    run_local(provider, scenario)
    assert (provider.requests, provider.faults, provider.latency, provider.interval) == ([], [], 0.5, 9)
    assert provider.accounts.get("new@example.test").models == ("gpt-5",)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "do is one of: approve"),
        ({"do": "secrets"}, "do is one of"),
        ({"do": ["approve"]}, "do is one of"),
        ({"do": "approve"}, "approve: missing a required argument: 'user_code'"),
        ({"do": "approve", "user_code": "AAAA-AAAAA"}, "approve: no device code"),
        ({"do": "approve", "user_code": 7}, "approve: "),
        ({"do": "advance", "seconds": "soon"}, "advance: "),
        ({"do": "advance", "days": 1}, "advance: "),
        ({"do": "fault", "endpoint": "poll", "name": "odd"}, "fault: no fault 'odd' for 'poll'"),
        ({"do": "fault", "endpoint": ["poll"], "name": "500"}, "fault: no endpoint"),
        ({"do": "kill_session", "account": "x"}, "kill_session: no account 'x'"),
        ({"do": "add_account", "email": "x", "colour": "red"}, "add_account: "),
        ({"do": "revoke_access", "account": "ana@example.test", "fault": "odd"}, "revoke_access: "),
    ],
)
def test_a_wrong_command_is_told(provider: LocalProvider, body: Json, told: str) -> None:
    async def scenario(client: Client, do: Do) -> None:
        reply = await client.http.post("/_control", json=body)
        assert reply.status_code == 400
        assert told in reply.json()["error"]

    run_local(provider, scenario)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example.test"},
        {"origin": "http://evil.example.test"},
        {"content-type": "text/plain"},
    ],
)
def test_a_web_page_can_not_steer(provider: LocalProvider, headers: dict[str, str]) -> None:
    async def scenario(client: Client, do: Do) -> None:
        body = b'{"do": "advance", "seconds": 60}'
        sent = {"content-type": "application/json", **headers}
        reply = await client.http.post("/_control", content=body, headers=sent)
        assert reply.status_code == 403
        if "content-type" not in headers:
            assert (await client.http.get("/_control", headers=headers)).status_code == 403

    before = provider.now()
    run_local(provider, scenario)
    assert provider.now() == before
