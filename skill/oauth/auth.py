"""Direct calls with a person's subscription (openai-codex-protocol.md, section 10).

    httpx.AsyncClient(auth=onboarding.auth("ana"))

Where httpx2 is installed (the `openai` SDK 3 uses it) the same object serves its clients too.
"""

from collections.abc import AsyncGenerator, Callable, Generator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from skill.errors import NoEntitlementError, UsageLimitError
from skill.message import Owner
from skill.oauth import wire
from skill.oauth.credential import Credential
from skill.oauth.http import revealed
from skill.oauth.logins import Logins
from skill.oauth.provider import bearer
from skill.settings import Settings

try:
    from httpx2 import Auth as _Httpx2Auth
except ModuleNotFoundError:  # httpx alone
    _Httpx2Auth = object  # type: ignore[assignment, misc]

# httpx2 refuses an auth that isn't its own, so this one is both; the two have the same shape.


class SubscriptionAuth(httpx.Auth, _Httpx2Auth):  # type: ignore[misc, unused-ignore]
    """Adds bearer and account headers for the configured backend; after a 401 refreshes and tries once more.

    For asynchronous clients. Raises, each with what the person must do: `NotConnectedError`, `ReloginRequiredError`,
    `UsageLimitError` (with `resets_at`), `NoEntitlementError`; and `ProviderError` when a refresh couldn't be had.
    """

    def __init__(self, logins: Logins, settings: Settings, owner: Owner, now: Callable[[], datetime]) -> None:
        self._logins, self._owner, self._now = logins, owner, now
        self._backend = urlsplit(settings.backend_url)

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        """Refused: the login is read asynchronously."""
        raise RuntimeError("use an asynchronous client, such as httpx.AsyncClient")

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        """See the class. A request to any other address goes out as it came, without the token."""
        if not self._is_backend(str(request.url)):
            yield request
            return
        credential = await self._logins.current(self._owner)
        response = yield _signed(request, credential)
        if response.status_code == 401:
            response = yield _signed(request, await self._logins.renew(self._owner, credential.access_token))
        if response.status_code == 429:
            await response.aread()
            self._refuse(wire.Answer(response.status_code, response.headers, response.content))

    def _is_backend(self, url: str) -> bool:
        target, base = urlsplit(url), self._backend
        same_origin = (target.scheme, target.netloc) == (base.scheme, base.netloc)
        return same_origin and target.path.startswith(f"{base.path}/")

    def _refuse(self, answer: wire.Answer) -> None:
        """A used-up plan is no login failure (section 12); any other 429 is the caller's to read."""
        code = wire.error_code(answer)
        if code == "usage_not_included":
            raise NoEntitlementError
        if code == "usage_limit_reached":
            raise UsageLimitError(wire.limit_ends(answer, self._now()))


def _signed(request: Any, login: Credential) -> Any:
    request.headers.update(revealed(bearer(login.access_token, login.account_id)))
    return request
