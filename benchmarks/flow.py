"""A full connect flow beside the same HTTP calls made bare, the provider answering in 100 ms; and its transactions."""

import asyncio
import tempfile
import time
from pathlib import Path

import httpx
from sqlalchemy import Engine, event

from skill import Message, Onboarding, Settings
from skill.oauth.provider import CLIENT_ID
from skill.simulator import LocalProvider, Served, serve

LATENCY = 0.1  # seconds
ROUNDS = 5


async def _bare(provider: LocalProvider, served: Served, client: httpx.AsyncClient) -> None:
    """The four calls of a flow, in httpx and nothing else: start, poll, exchange, models."""
    auth = f"{served.issuer}/api/accounts/deviceauth"
    code = (await client.post(f"{auth}/usercode", json={"client_id": CLIENT_ID})).json()
    provider.approve(code["user_code"])
    asked = {"device_auth_id": code["device_auth_id"], "user_code": code["user_code"]}
    grant = (await client.post(f"{auth}/token", json=asked)).json()
    form = {
        "grant_type": "authorization_code",
        "code": grant["authorization_code"],
        "redirect_uri": f"{served.issuer}/deviceauth/callback",
        "client_id": CLIENT_ID,
        "code_verifier": grant["code_verifier"],
    }
    tokens = (await client.post(f"{served.issuer}/oauth/token", data=form)).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}", "ChatGPT-Account-Id": "any"}
    await client.get(f"{served.backend_url}/codex/models?client_version=0.1.0", headers=headers)


async def _flow(provider: LocalProvider, onboarding: Onboarding, user: str) -> None:
    """The same through the hook: the request, the approval, "done"."""

    def said(number: int, text: str) -> Message:
        return Message(message_id=f"{user}-{number}", conversation_id=user, user_id=user, text=text, private=True)

    shown = await onboarding.handle(said(1, "Sign in with my ChatGPT account"))
    assert shown and shown.user_code
    provider.approve(shown.user_code)
    connected = await onboarding.handle(said(2, "done"))
    assert connected and connected.state == "connected"


async def main() -> None:
    """Print the figures."""
    provider, begun = LocalProvider(), []
    provider.configure(latency=LATENCY)
    event.listen(Engine, "begin", lambda connection: begun.append(connection.get_execution_options()))
    with tempfile.TemporaryDirectory() as folder:
        async with serve(provider) as served, httpx.AsyncClient() as client:
            settings = Settings(home=Path(folder), issuer=served.issuer, backend_url=served.backend_url)
            async with Onboarding(settings, client=client) as onboarding:
                await _bare(provider, served, client)
                await _flow(provider, onboarding, "warm-up")
                bare, hook = [], []
                for number in range(ROUNDS):
                    started = time.perf_counter()
                    await _bare(provider, served, client)
                    bare.append(time.perf_counter() - started)
                    begun.clear()
                    provider.reset_log()
                    started = time.perf_counter()
                    await _flow(provider, onboarding, f"user-{number}")
                    hook.append(time.perf_counter() - started)
    reads = sum(options.get("isolation_level") == "AUTOCOMMIT" for options in begun)
    ratio = min(hook) / min(bare)
    print(f"connect flow: {min(hook):.3f} s, the same calls bare {min(bare):.3f} s, ratio {ratio:.2f} (aim: 1.2)")
    print(f"  transactions: {len(begun) - reads}, single reads beside them: {reads} (aim: 6 in all)")
    print(f"  provider calls: {provider.count()}, polls: {provider.count('poll')} for 1 confirmation")


if __name__ == "__main__":
    asyncio.run(main())
