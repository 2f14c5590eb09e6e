"""Direct calls with a person's subscription (openai-codex-protocol.md, section 10; trust.md, section 3)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from skill.errors import (
    NoEntitlementError,
    NotConnectedError,
    OnboardingError,
    ProviderError,
    ReloginRequiredError,
    UsageLimitError,
)
from skill.testing import Stage

EMAIL = "ana@example.test"


def get(stage: Stage, url: str, **client: Any) -> tuple[httpx.Response | OnboardingError, list[httpx.Request]]:
    """One GET with Ana's subscription, and the requests that were sent for it."""
    sent: list[httpx.Request] = []

    async def keep(request: httpx.Request) -> None:
        # What the request looks like now: the same object is sent again after a refresh.
        sent.append(httpx.Request(request.method, request.url, headers=dict(request.headers)))

    async def main() -> httpx.Response | OnboardingError:
        transport = stage.line if "transport" not in client else client.pop("transport")
        async with httpx.AsyncClient(transport=transport, event_hooks={"request": [keep]}, **client) as http:
            try:
                return await http.get(url, auth=stage.skill.auth("ana"))
            except OnboardingError as fault:
                return fault

    return stage.run(main()), sent


class Anything(httpx.AsyncBaseTransport):
    """A world in which every address answers, and notes who showed a bearer."""

    def __init__(self) -> None:
        self.shown_to: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if "authorization" in request.headers or "chatgpt-account-id" in request.headers:
            self.shown_to.append(request.url.host)
        return httpx.Response(200)


def test_a_call_to_the_backend_carries_token_and_account(ana: Stage) -> None:
    answer, [request] = get(ana, "https://chatgpt.com/backend-api/wham/usage")
    assert isinstance(answer, httpx.Response) and answer.status_code == 200
    assert request.headers["chatgpt-account-id"] == "acc-ana"


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example.test/backend-api/codex/models",
        "http://chatgpt.com/backend-api/codex/models",
        "https://chatgpt.com:8443/backend-api/codex/models",
        "https://chatgpt.com.example.test/backend-api/codex/models",
        "https://chatgpt.com@example.test/backend-api/codex/models",
        "https://chatgpt.com/backend-apis/x",
        "https://chatgpt.com/other",
        "https://auth.openai.com/backend-api/x",
    ],
)
def test_the_token_goes_to_the_configured_backend_alone(ana: Stage, url: str) -> None:
    """trust.md, section 3."""
    world = Anything()
    get(ana, url, transport=world)
    assert world.shown_to == []


def test_a_redirect_takes_no_token_along(ana: Stage) -> None:
    ana.provider.fault("usage", "302")
    _, sent = get(ana, "https://chatgpt.com/backend-api/wham/usage")
    assert len(sent) == 1


def test_a_dead_token_is_refreshed_once_and_the_call_made_once_more(ana: Stage) -> None:
    """Section 7 of the specification, and section 10 of the protocol."""
    ana.provider.revoke_access(EMAIL)
    answer, sent = get(ana, "https://chatgpt.com/backend-api/wham/usage")
    assert isinstance(answer, httpx.Response) and answer.status_code == 200
    assert (ana.asked("usage"), ana.asked("refresh"), len(sent)) == (2, 1, 2)


def test_a_call_that_stays_refused_is_not_tried_a_third_time(ana: Stage) -> None:
    ana.provider.fault("usage", "token-invalidated", times=None)
    answer, _ = get(ana, "https://chatgpt.com/backend-api/wham/usage")
    assert isinstance(answer, httpx.Response) and answer.status_code == 401
    assert (ana.asked("usage"), ana.asked("refresh")) == (2, 1)


def test_many_refused_calls_cause_one_refresh(ana: Stage) -> None:
    """trust.md, section 4."""
    ana.provider.revoke_access(EMAIL)

    async def main() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=ana.line, auth=ana.skill.auth("ana")) as http:
            return await asyncio.gather(*(http.get("https://chatgpt.com/backend-api/wham/usage") for _ in range(20)))

    assert {answer.status_code for answer in ana.run(main())} == {200}
    assert (ana.asked("refresh"), ana.provider.reuses) == (1, 0)


def test_each_end_of_a_login_has_its_error(ana: Stage) -> None:
    url = "https://chatgpt.com/backend-api/wham/usage"
    ana.provider.revoke_access(EMAIL)
    ana.provider.fault("refresh", "500")
    assert isinstance(get(ana, url)[0], ProviderError)
    ana.provider.kill_session(EMAIL)
    assert isinstance(get(ana, url)[0], ReloginRequiredError)
    assert isinstance(get(ana, url)[0], NotConnectedError)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"error": {"type": "usage_limit_reached", "resets_at": 1_796_000_000}}, UsageLimitError),
        ({"error": {"type": "usage_not_included"}}, NoEntitlementError),
    ],
)
def test_a_used_up_plan_is_no_login_failure(ana: Stage, body: dict[str, Any], error: type[OnboardingError]) -> None:
    """trust.md, section 2: no refresh, no retry."""
    url = "https://chatgpt.com/backend-api/codex/responses"
    fault, sent = get(ana, url, transport=httpx.MockTransport(lambda _: httpx.Response(429, json=body)))
    assert (type(fault), len(sent), ana.asked("refresh")) == (error, 1, 0)
    if isinstance(fault, UsageLimitError):
        assert fault.resets_at == datetime(2026, 11, 30, 0, 53, 20, tzinfo=UTC)


def test_any_other_throttle_is_the_callers_to_read(ana: Stage) -> None:
    url = "https://chatgpt.com/backend-api/codex/responses"
    answer, _ = get(ana, url, transport=httpx.MockTransport(lambda _: httpx.Response(429, json={"error": "slow"})))
    assert isinstance(answer, httpx.Response) and answer.json() == {"error": "slow"}


def test_a_token_about_to_expire_is_refreshed_before_the_call(ana: Stage) -> None:
    ana.clock.advance(timedelta(days=9, hours=23, minutes=58))
    answer, sent = get(ana, "https://chatgpt.com/backend-api/wham/usage")
    assert isinstance(answer, httpx.Response) and answer.status_code == 200
    assert (ana.asked("refresh"), len(sent)) == (1, 1)


def test_a_synchronous_client_is_refused_in_plain_words(ana: Stage) -> None:
    with httpx.Client() as http, pytest.raises(RuntimeError, match="asynchronous"):
        http.get("https://chatgpt.com/backend-api/wham/usage", auth=ana.skill.auth("ana"))


def test_the_door_shows_no_token(ana: Stage) -> None:
    """Rule 6."""
    auth = ana.skill.auth("ana")
    assert not any(secret in f"{auth!r}{vars(auth)!r}" for secret in ana.provider.secrets())
