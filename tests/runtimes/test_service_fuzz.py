"""The service against its own description: whatever schemathesis makes of it gets an answer that is described."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from skill import Onboarding, Settings
from skill.runtimes.service import build, in_thread, listen
from skill.runtimes.service.openapi import document
from skill.simulator import LocalProvider, serve_in_thread

from .client import SECRET, signature

EXAMPLES = 12  # for each path and way of generating; `schemathesis run URL/openapi.json` does more


class Signed(requests.auth.AuthBase):
    """Signs whatever is about to be sent."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        raw = body if isinstance(body, bytes) else body.encode()
        delivery = f"fuzz_{next(self._numbers)}"
        request.headers["webhook-id"] = delivery
        request.headers.update(signature(SECRET, delivery, raw, datetime.now(UTC)))
        return request


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: Path = tmp_path_factory.mktemp("fuzz") / "home"
    with serve_in_thread(LocalProvider()) as served:
        chosen = Settings(home=home, issuer=served.issuer, backend_url=served.backend_url, webhook_secret=SECRET)
        with in_thread(build(Onboarding(chosen)), listen(chosen, "127.0.0.1", 0)) as url:
            yield url


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.auth, session.trust_env = Signed(), False
        yield session


@schemathesis.openapi.from_dict(document()).parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case: schemathesis.Case, url: str, session: requests.Session) -> None:
    case.call_and_validate(base_url=url, session=session)
