"""`auth` beside a constant header, by the request; and a storm of callers with a dead token beside a single refresh."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx

from skill import Onboarding, Settings
from skill.message import Owner
from skill.oauth.credential import Credential
from skill.oauth.wire import Tokens
from skill.simulator import LocalProvider
from skill.stores.base import Record

REQUESTS = 300
CALLERS = 200
ROUNDS = 5
ANA = Owner("", "", "ana")


async def _nothing(request: httpx.Request) -> httpx.Response:
    return httpx.Response(204, request=request)


async def _sign_in(onboarding: Onboarding, provider: LocalProvider) -> Credential:
    """A stored login without the way there."""
    tokens = Tokens.model_validate(provider.issue())
    assert tokens.access_token and tokens.refresh_token
    login = Credential(tokens.access_token, tokens.refresh_token).rotated(tokens, datetime.now(UTC))

    def put(record: Record) -> tuple[Record, None]:
        version = record.credential.version if record.credential else 0
        return replace(record, credential=replace(login, version=version)), None

    await onboarding.store.transact(ANA, put)
    return login


async def _best(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds of the quickest of several rounds."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - started)
    return min(taken)


async def _auth_by_the_request(onboarding: Onboarding) -> None:
    """Requests that go nowhere, so that what is left is the client and what `auth` adds."""
    url = f"{onboarding.settings.backend_url}/wham/usage"

    async def requests(client: httpx.AsyncClient) -> None:
        for _ in range(REQUESTS):
            await client.get(url)

    transport = httpx.MockTransport(_nothing)
    async with (
        httpx.AsyncClient(transport=transport, headers={"Authorization": "Bearer constant"}) as constant,
        httpx.AsyncClient(transport=transport, auth=onboarding.auth("ana")) as ours,
    ):
        bare, auth = await _best(lambda: requests(constant)), await _best(lambda: requests(ours))
    each = (auth - bare) / REQUESTS * 1e6
    print(f"auth: {auth / REQUESTS * 1e6:.0f} µs a request, {auth / bare:.2f} × a constant header ({each:.0f} µs more)")


async def _storm(onboarding: Onboarding, provider: LocalProvider) -> None:
    async def callers(count: int) -> float:
        dead = (await _sign_in(onboarding, provider)).access_token
        started = time.perf_counter()
        await asyncio.gather(*(onboarding.logins.renew(ANA, dead) for _ in range(count)))
        return time.perf_counter() - started

    provider.reset_log()
    one = min([await callers(1) for _ in range(ROUNDS)])
    many = min([await callers(CALLERS) for _ in range(ROUNDS)])
    print(f"refresh storm: {CALLERS} callers {many * 1000:.0f} ms, one {one * 1000:.0f} ms, ratio {many / one:.1f}")
    print(f"  refreshes: {provider.count('refresh')} in {2 * ROUNDS} storms, reuse errors: {provider.reuses}")


async def main() -> None:
    """Print the figures."""
    provider = LocalProvider()
    with tempfile.TemporaryDirectory() as folder:
        async with (
            httpx.AsyncClient(transport=httpx.ASGITransport(app=provider.app)) as client,
            Onboarding(Settings(home=Path(folder)), client=client) as onboarding,
        ):
            await _sign_in(onboarding, provider)
            await _auth_by_the_request(onboarding)
            await _storm(onboarding, provider)


if __name__ == "__main__":
    asyncio.run(main())
