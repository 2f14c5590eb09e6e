"""Models, usage and the streaming answer (protocol, sections 8 to 10)."""

import json

import httpx
import pytest

from skill.simulator import LocalProvider

from .client import Client
from .conftest import NOON, Runner


def events_of(reply: httpx.Response) -> list[dict[str, object]]:
    lines = reply.text.splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def test_models_without_the_account_header_are_an_empty_list(run: Runner, provider: LocalProvider) -> None:
    """Section 8."""

    async def scenario(client: Client) -> None:
        access = (await client.sign_in(provider))["access_token"]
        for account in ("", "acc-wei"):
            reply = await client.models(access, account)
            assert (reply.status_code, reply.json()) == (200, {"models": []})

    run(scenario)


def test_models_are_known_by_their_etag(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        access = (await client.sign_in(provider))["access_token"]
        first = await client.models(access)
        again = await client.models(access, **{"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        provider.accounts.get("ana@example.test").models = ("gpt-5",)
        changed = await client.models(access, **{"if-none-match": first.headers["etag"]})
        assert [model["slug"] for model in changed.json()["models"]] == ["gpt-5"]

    run(scenario)


@pytest.mark.parametrize("header", ["", "Bearer", "Basic x", "Bearer unknown"])
def test_a_call_without_a_good_token_is_refused(run: Runner, header: str) -> None:
    async def scenario(client: Client) -> None:
        for path in ("codex/models", "wham/usage"):
            headers = {"authorization": header}
            reply = await client.http.get(f"/backend-api/{path}", headers=headers)
            assert reply.status_code == 401
            assert reply.json()["error"]["code"] == "token_invalidated"
        assert (await client.responses("unknown")).status_code == 401

    run(scenario)


def test_an_access_token_expires_and_can_be_revoked(run: Runner, provider: LocalProvider) -> None:
    """Section 10, the two codes under 401."""

    async def scenario(client: Client) -> None:
        tokens = await client.sign_in(provider)
        provider.advance(864_000)
        reply = await client.usage(tokens["access_token"])
        assert reply.json()["error"]["code"] == "token_expired"
        assert reply.json()["status"] == 401
        newer = (await client.refresh(tokens["refresh_token"])).json()
        provider.revoke_access("ana@example.test")
        reply = await client.usage(newer["access_token"])
        assert reply.json()["error"]["code"] == "token_invalidated"
        provider.revoke_access("ana@example.test", "token_expired")
        reply = await client.usage(newer["access_token"])
        assert reply.json()["error"]["code"] == "token_expired"
        assert (await client.refresh(newer["refresh_token"])).status_code == 200

    run(scenario)


def test_a_bound_workspace_needs_the_residency_header(run: Runner, provider: LocalProvider) -> None:
    provider.add_account("eu@example.test", residency="eu")

    async def scenario(client: Client) -> None:
        access = (await client.sign_in(provider, "eu@example.test"))["access_token"]
        assert (await client.usage(access)).status_code == 401
        header = {"x-openai-internal-codex-residency": "eu"}
        assert (await client.usage(access, **header)).status_code == 200

    run(scenario)


def test_usage_has_a_session_and_a_week(run: Runner, provider: LocalProvider) -> None:
    """Section 9."""

    async def scenario(client: Client) -> None:
        body = (await client.usage((await client.sign_in(provider))["access_token"])).json()
        first, second = body["rate_limit"]["primary_window"], body["rate_limit"]["secondary_window"]
        assert (first["limit_window_seconds"], second["limit_window_seconds"]) == (18_000, 604_800)
        assert first["reset_at"] == int(NOON.timestamp()) + first["reset_after_seconds"]
        assert body["credits"]["balance"] == "0"

    run(scenario)


def test_an_account_at_its_limit_says_until_when(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        access = (await client.sign_in(provider))["access_token"]
        provider.limit("ana@example.test", 1800)
        limit = (await client.usage(access)).json()["rate_limit"]
        assert (limit["limit_reached"], limit["primary_window"]["used_percent"]) == (True, 100)
        reply = await client.responses(access)
        error = reply.json()["error"]
        assert (reply.status_code, error["type"]) == (429, "usage_limit_reached")
        assert error["resets_at"] == int(NOON.timestamp()) + 1800
        provider.advance(1800)
        assert (await client.responses(access)).status_code == 200

    run(scenario)


def test_a_plan_without_codex_signs_in_and_is_refused_at_the_call(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        access = (await client.sign_in(provider, "sam@example.test"))["access_token"]
        assert (await client.models(access, "acc-sam")).json() == {"models": []}
        assert (await client.usage(access)).json()["rate_limit"] is None
        reply = await client.responses(access)
        assert (reply.status_code, reply.json()["error"]["type"]) == (429, "usage_not_included")

    run(scenario)


def test_an_answer_streams_to_its_completion(run_on_port: Runner, provider: LocalProvider) -> None:
    """Section 10: words as deltas, then response.completed; the windows in the headers."""

    async def scenario(client: Client) -> None:
        reply = await client.responses((await client.sign_in(provider))["access_token"])
        assert reply.headers["content-type"].startswith("text/event-stream")
        assert reply.headers["x-codex-primary-window-minutes"] == "300"
        events = events_of(reply)
        deltas = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
        assert "".join(map(str, deltas)) == "Hello from gpt-5-codex. You said: Hi there"
        assert events[0]["type"] == "response.created"
        assert events[-1]["type"] == "response.completed"
        assert [event["sequence_number"] for event in events] == list(range(len(events)))

    run_on_port(scenario)


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"store": True}, "Store must be set to false"),
        ({"store": None}, "Store must be set to false"),
        ({"stream": False}, "Stream must be set to true"),
        ({"instructions": ""}, "Instructions are required"),
        ({"input": "Hi"}, "Input must be a list"),
        ({"max_output_tokens": 5}, "Unsupported parameter: max_output_tokens"),
        ({"model": "gpt-9"}, "The model 'gpt-9' is not supported with this ChatGPT account."),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused(
    run: Runner, provider: LocalProvider, changes: dict[str, object], detail: str
) -> None:
    async def scenario(client: Client) -> None:
        reply = await client.responses((await client.sign_in(provider))["access_token"], **changes)
        assert (reply.status_code, reply.json()) == (400, {"detail": detail})

    run(scenario)


@pytest.mark.parametrize("items", [[], ["Hi"], [{"content": "Hi"}], [{"content": [{"text": "Hi"}, 7]}]])
def test_input_of_any_shape_is_answered(run: Runner, provider: LocalProvider, items: list[object]) -> None:
    async def scenario(client: Client) -> None:
        access = (await client.sign_in(provider))["access_token"]
        assert (await client.responses(access, input=items)).status_code == 200

    run(scenario)


def test_the_date_is_the_provider_s_own(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        provider.advance(3600)
        assert (await client.start()).headers["date"] == "Sun, 22 Nov 2026 13:00:00 GMT"

    run(scenario)
