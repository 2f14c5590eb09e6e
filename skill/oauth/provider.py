"""The provider's endpoints: one try per call, each with its meaning (openai-codex-protocol.md).

Every method returns a meaning or raises `ProviderError`; the bearer goes to the configured backend alone.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx
from pydantic import SecretStr, ValidationError

from skill.core.session import Authorization, Code
from skill.errors import ProviderError, Reason
from skill.oauth import wire
from skill.oauth.http import AUTH_BODY_LIMIT, Ask, Fields, Http
from skill.secret import Secret, reveal
from skill.settings import Settings

CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann"  # section 1; public, it has no secret
CLIENT_VERSION = "0.1.0"
ORIGINATOR = "chatgpt-codex-onboarding"  # section 1: harnesses name themselves
MODELS_BODY_LIMIT = 1024 * 1024
MODELS_TIMEOUT = 5.0  # seconds, section 8

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelList:
    """Section 8: slugs in the provider's order of preference, and the ETag to ask with next time."""

    slugs: tuple[str, ...]
    etag: str | None


class Provider:
    """The seven calls. `client` is shared and stays the caller's; `now` gives aware moments."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient, now: Callable[[], datetime]) -> None:
        self._settings, self._now = settings, now
        self._http = Http(client, settings.timeout, now)

    @property
    def clock_skew(self) -> int | None:
        """Seconds that our clock was ahead of the provider's when it last answered, if over 120."""
        return self._http.clock_skew

    async def start(self, pending_id: str) -> Code:
        """Section 2: mint a device code. The page shown is ours to build, whatever the answer says (rule 3)."""
        answer = await self._auth("/api/accounts/deviceauth/usercode", json={"client_id": CLIENT_ID})
        if answer.status == 404 and not answer.html:
            raise ProviderError(Reason.UNSUPPORTED, status=404)
        issued = wire.read(wire.DeviceCode, answer)
        return Code(
            user_code=issued.user_code,
            verification_url=self._settings.verification_url,
            pending_id=pending_id,
            expires_at=wire.runs_out(issued.expires_at, self._now()),
            interval=issued.pause,
            device_auth_id=issued.device_auth_id,
        )

    async def poll(self, code: Code) -> Authorization | None:
        """Section 3: ask once whether the code was approved. None is "pending"."""
        asked: Fields = {"device_auth_id": code.device_auth_id or "", "user_code": SecretStr(code.user_code)}
        answer = await self._auth("/api/accounts/deviceauth/token", json=asked)
        if answer.ok:
            grant = wire.read(wire.Grant, answer)
            return Authorization(grant.authorization_code, grant.code_verifier)
        refused = wire.poll_refusal(answer)
        if refused:
            raise self._noted(refused)
        return None

    async def exchange(self, authorization: Authorization) -> wire.Tokens:
        """Section 4: turn the authorization code into tokens. The code is single use: never blindly repeated."""
        form: Fields = {
            "grant_type": "authorization_code",
            "code": authorization.code,
            "redirect_uri": f"{self._settings.issuer}/deviceauth/callback",
            "client_id": CLIENT_ID,
            "code_verifier": authorization.code_verifier,
        }
        tokens = wire.read(wire.Tokens, await self._auth("/oauth/token", form=form))
        if not tokens.access_token or not tokens.refresh_token:
            raise ProviderError(Reason.PROVIDER, code="tokens missing")
        return tokens

    async def refresh(self, refresh_token: Secret) -> wire.Tokens:
        """Section 6: rotate the pair. `Reason.REFUSED` is permanent, all else temporary or unknown (`sent`)."""
        asked: Fields = {"client_id": CLIENT_ID, "grant_type": "refresh_token", "refresh_token": refresh_token}
        answer = await self._auth("/oauth/token", json=asked)
        code = wire.error_code(answer)
        named = code.startswith("refresh_token_") or code == "invalid_grant"
        if not answer.ok and not answer.html and (named or answer.status == 401):
            raise self._noted(ProviderError(Reason.REFUSED, code=wire.named(code), status=answer.status))
        tokens = wire.read(wire.Tokens, answer)
        if not tokens.access_token and not tokens.refresh_token:  # either may be left out, not both
            raise self._noted(ProviderError(Reason.PROVIDER, status=answer.status, code="tokens missing"))
        return tokens

    async def revoke(self, refresh_token: Secret) -> None:
        """Section 7: end the login at the provider. Any 2xx is success; the body is not read."""
        asked: Fields = {"token": refresh_token, "token_type_hint": "refresh_token", "client_id": CLIENT_ID}
        answer = await self._auth("/oauth/revoke", json=asked, limit=None)
        if not answer.ok or answer.html:
            raise self._noted(wire.refusal(answer))

    async def models(self, access_token: Secret, account_id: str | None, etag: str | None = None) -> ModelList | None:
        """Section 8: the account's models, by priority; None when the ETag still holds."""
        headers = {"version": CLIENT_VERSION} | ({"If-None-Match": etag} if etag else {})
        path = f"/codex/models?client_version={CLIENT_VERSION}"
        login = bearer(access_token, account_id)
        answer = await self._backend(path, login, headers, MODELS_BODY_LIMIT, MODELS_TIMEOUT)
        if answer.status == 304:
            return None
        rows = (answer.json() or {}).get("models")
        if not answer.ok or answer.html:
            raise self._noted(wire.refusal(answer))
        if not isinstance(rows, list):
            raise ProviderError(Reason.PROVIDER, status=answer.status, code="unusable models")
        found = [model for model in map(_model, rows) if model and model.visibility in (None, "list")]
        found.sort(key=lambda model: model.priority if model.priority is not None else 10_000)
        return ModelList(tuple(dict.fromkeys(model.slug for model in found)), answer.headers.get("etag"))

    async def usage(self, access_token: Secret, account_id: str | None) -> wire.Usage:
        """Section 9: how much of the plan is used."""
        answer = await self._backend("/wham/usage", bearer(access_token, account_id), {}, AUTH_BODY_LIMIT)
        return wire.read(wire.Usage, answer)

    async def look(self, url: str) -> wire.Answer:
        """For the doctor: one harmless GET, without any token, at an address of the provider's."""
        return await self._http.send(Ask("GET", url, _headers(), limit=MODELS_BODY_LIMIT))

    async def _auth(
        self, path: str, json: Fields | None = None, form: Fields | None = None, limit: int | None = AUTH_BODY_LIMIT
    ) -> wire.Answer:
        return await self._http.send(Ask("POST", self._settings.issuer + path, _headers(), json, form, limit))

    async def _backend(
        self, path: str, login: Fields, headers: Fields, limit: int, seconds: float | None = None
    ) -> wire.Answer:
        sent = {**_headers(), **login, **headers}
        answer = await self._http.send(
            Ask("GET", self._settings.backend_url + path, sent, limit=limit, seconds=seconds)
        )
        if answer.status == 401:
            raise self._noted(ProviderError(Reason.REFUSED, code=wire.named(wire.error_code(answer)), status=401))
        return answer

    def _noted(self, refused: ProviderError) -> ProviderError:
        log.debug("the provider refused: %s", refused)
        return refused


def bearer(access_token: Secret, account_id: str | None) -> dict[str, str | SecretStr]:
    """Section 10: the headers of a call with a person's subscription."""
    account = {"ChatGPT-Account-Id": account_id} if account_id else {}
    return {"Authorization": SecretStr(f"Bearer {reveal(access_token)}"), **account}


def _headers() -> dict[str, str]:
    agent = f"{ORIGINATOR}/{CLIENT_VERSION}"
    return {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "originator": ORIGINATOR,
        "User-Agent": agent,
    }


def _model(row: object) -> wire.Model | None:
    try:
        return wire.Model.model_validate(row)
    except ValidationError:
        return None
