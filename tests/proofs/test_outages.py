"""A database that is down under the whole skill: a plain answer within 3 s, no code that could be lost, no restart.

trust.md, section 4; in real time, for the waits are the driver's and the server's.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from skill import Message, Onboarding, Settings
from skill.message import Reply
from skill.simulator import LocalProvider

from ..databases import Database
from ..proxy import Proxy
from .kit import DONE, LOG_OUT, SIGN_IN, keys_of, owner

ENGINES = ("postgresql",)
ANSWER_WITHIN = 3.0  # seconds
OUTAGES: dict[str, tuple[Callable[[Proxy], None], Callable[[Proxy], None]]] = {
    "frozen": (Proxy.freeze, Proxy.thaw),
    "cut": (Proxy.cut, Proxy.mend),
}


class Scene:
    """One worker whose way to the database can fail, and one person."""

    def __init__(self, proxy: Proxy, provider: LocalProvider, skill: Onboarding) -> None:
        self.proxy, self.provider, self.skill = proxy, provider, skill
        self.took = 0.0
        self._messages = 0

    async def say(self, text: str, message_id: str | None = None) -> Reply:
        """One message; its reply, and how long that took."""
        self._messages += 1
        name = message_id or f"m{self._messages}"
        begun = time.monotonic()
        reply = await self.skill.handle(
            Message(message_id=name, conversation_id="c", user_id="ana", text=text, private=True)
        )
        self.took = time.monotonic() - begun
        assert reply
        return reply

    async def login(self) -> bool:
        """Whether one is stored."""
        return (await self.skill.store.read(owner("ana"))).credential is not None


@asynccontextmanager
async def scene(database: Database, hook: Callable[[str], None] = lambda _: None) -> AsyncIterator[Scene]:
    """`hook` is called with the path of each request, once the provider has answered it."""
    proxy, provider = Proxy(database.address or ""), LocalProvider()
    far_end = httpx.ASGITransport(app=provider.app)

    async def through(request: httpx.Request) -> httpx.Response:
        response = await far_end.handle_async_request(request)
        content = await response.aread()
        hook(request.url.path)
        return httpx.Response(response.status_code, headers=response.headers, content=content, request=request)

    async with AsyncExitStack() as opened:
        await opened.enter_async_context(proxy.listen())
        client = await opened.enter_async_context(httpx.AsyncClient(transport=httpx.MockTransport(through)))
        settings = Settings(home=database.home, database_url=proxy.address)
        skill = await opened.enter_async_context(Onboarding(settings, client=client))
        yield Scene(proxy, provider, skill)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.mark.parametrize("outage", OUTAGES)
def test_every_request_gets_a_plain_answer_and_all_goes_on_once_the_database_is_back(
    database: Database, runner: asyncio.Runner, outage: str
) -> None:
    begin, end = OUTAGES[outage]

    async def main() -> None:
        async with scene(database) as at:
            shown = await at.say(SIGN_IN)
            begin(at.proxy)
            for text in (SIGN_IN, LOG_OUT, "Which models can I use with my ChatGPT subscription?"):
                told = await at.say(text)
                assert at.took < ANSWER_WITHIN, text
                assert keys_of(told) == ["storage"]
                assert told.user_code is None
            assert at.provider.count() == 1  # nothing was asked that could not be kept
            end(at.proxy)
            assert shown.user_code
            at.provider.approve(shown.user_code)
            assert (await at.say(DONE)).state == "connected"
            assert await at.login()

    runner.run(main())


@pytest.mark.parametrize("outage", OUTAGES)
def test_a_code_that_could_not_be_stored_is_not_shown(database: Database, runner: asyncio.Runner, outage: str) -> None:
    """The database goes while the provider makes the code."""
    begin, end = OUTAGES[outage]

    async def main() -> None:
        async with scene(database, lambda path: begin(at.proxy) if path.endswith("usercode") else None) as at:
            told = await at.say(SIGN_IN, "m1")
            assert at.took < ANSWER_WITHIN
            assert (keys_of(told), told.user_code) == (["storage"], None)
            end(at.proxy)
            flow = (await at.skill.store.read(owner("ana"))).session.flow
            assert flow is None or flow.code is None

    runner.run(main())


@pytest.mark.parametrize("outage", OUTAGES)
def test_a_login_that_could_not_be_stored_is_ended_at_the_provider(
    database: Database, runner: asyncio.Runner, outage: str
) -> None:
    """The database goes while the provider issues the tokens; none is left that nobody knows of."""
    begin, end = OUTAGES[outage]

    async def main() -> None:
        async with scene(database, lambda path: begin(at.proxy) if path == "/oauth/token" else None) as at:
            shown = await at.say(SIGN_IN)
            assert shown.user_code
            at.provider.approve(shown.user_code)
            told = await at.say(DONE)
            assert at.took < ANSWER_WITHIN
            assert keys_of(told) == ["storage"]
            await at.skill._tasks.close()
            end(at.proxy)
            assert not await at.login()
            assert at.provider.live_tokens().refresh == 0

    runner.run(main())
