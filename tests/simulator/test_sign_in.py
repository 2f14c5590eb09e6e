"""Start, poll, exchange, refresh and revoke, as sections 2 to 7 of the protocol have them."""

from skill.simulator import LocalProvider

from .client import Client
from .conftest import NOON, Runner


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
