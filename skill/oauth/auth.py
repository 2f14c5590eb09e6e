"""Direct calls with a person's subscription: an `httpx.Auth` (openai-codex-protocol.md, section 10)."""

from collections.abc import AsyncGenerator, Generator
from urllib.parse import urlsplit

import httpx

from skill.message import Owner
from skill.oauth.logins import Logins
from skill.oauth.provider import bearer
from skill.settings import Settings


class SubscriptionAuth(httpx.Auth):
    """Adds bearer and account headers for the configured backend, and after a 401 refreshes and tries once more.

    For an `httpx.AsyncClient`. Raises `NotConnectedError` or `ReloginRequiredError` when the person has to sign in
    (again), and `ProviderError` when a refresh that was needed couldn't be had.
    """

    requires_response_body = False

    def __init__(self, logins: Logins, settings: Settings, owner: Owner) -> None:
        self._logins, self._settings, self._owner = logins, settings, owner

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Refused: the store is asynchronous."""
        raise RuntimeError("use httpx.AsyncClient: the login is read asynchronously")

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """See the class."""
        if not self._is_backend(request.url):
            yield request  # the token goes to the configured backend alone
            return
        credential = await self._logins.current(self._owner)
        request.headers.update(bearer(credential.access_token, credential.account_id))
        response = yield request
        if response.status_code == 401:
            renewed = await self._logins.renew(self._owner, credential.access_token)
            request.headers.update(bearer(renewed.access_token, renewed.account_id))
            yield request

    def _is_backend(self, url: httpx.URL) -> bool:
        base = urlsplit(self._settings.backend_url)
        target = urlsplit(str(url))
        same_origin = (target.scheme, target.netloc) == (base.scheme, base.netloc)
        return same_origin and (target.path == base.path or target.path.startswith(f"{base.path}/"))
