"""A model's answer through a person's own subscription, streamed on (openai-codex-protocol.md, section 10)."""

import logging
from collections.abc import AsyncIterator

import httpx
from starlette.responses import Response, StreamingResponse

from skill.errors import (
    NoEntitlementError,
    NotConnectedError,
    ProviderError,
    ReloginRequiredError,
    StorageError,
    UsageLimitError,
)
from skill.oauth.credential import PREFIX
from skill.onboarding import NO_PROXY, Onboarding
from skill.runtimes.service.answers import Problem
from skill.runtimes.service.forms import ModelCall

SILENCE = 300.0  # seconds between two events; a model may think for long
CONNECT = 12.0

log = logging.getLogger(__name__)


class Models:
    """The way to the backend. The login is added by `Onboarding.auth`, refreshed by itself, and never leaves here."""

    def __init__(self, onboarding: Onboarding, client: httpx.AsyncClient | None = None) -> None:
        timeout = httpx.Timeout(SILENCE, connect=CONNECT)
        self._onboarding, self._own = onboarding, client is None
        self._client = client or httpx.AsyncClient(mounts=dict.fromkeys(NO_PROXY), timeout=timeout)

    async def close(self) -> None:
        """Let go of the network."""
        if self._own:
            await self._client.aclose()

    async def ask(self, call: ModelCall) -> Response:
        """The backend's events; raises `Problem`, with what the person must do, where there are none."""
        auth = self._onboarding.auth(call.user_id, platform=call.platform, account=call.account)
        url = f"{self._onboarding.settings.backend_url}/codex/responses"
        request = self._client.build_request("POST", url, json=wire_form(call))
        try:
            response = await self._client.send(request, auth=auth, stream=True, follow_redirects=False)
        except (NotConnectedError, ReloginRequiredError) as gone:
            code = "not_connected" if isinstance(gone, NotConnectedError) else "relogin_required"
            raise Problem(409, code) from None
        except NoEntitlementError:
            raise Problem(403, "no_entitlement") from None
        except UsageLimitError as limit:
            resets = limit.resets_at.isoformat() if limit.resets_at else None
            raise Problem(429, "usage_limit", resets_at=resets) from None
        except StorageError:
            raise Problem(503, "storage") from None
        except (ProviderError, httpx.HTTPError) as fault:
            log.warning("a model call brought nothing: %s", type(fault).__name__)
            raise Problem(502, "provider_error") from None
        if response.status_code == 200:
            return StreamingResponse(_passed_on(response), media_type="text/event-stream")
        await response.aclose()
        log.warning("a model call was refused: HTTP %s", response.status_code)
        raise Problem(502, "provider_error")


def wire_form(call: ModelCall) -> dict[str, object]:
    """As the backend takes it: the bare slug, nothing stored, always streamed; those three are not the caller's."""
    fixed = {"model": call.model.removeprefix(PREFIX), "store": False, "stream": True}
    return {**call.more, "instructions": call.instructions, "input": call.input, **fixed}


async def _passed_on(response: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes as they come. A connection that breaks on the way ends the stream without `response.completed`."""
    try:
        async for chunk in response.aiter_bytes():
            yield chunk
    except httpx.HTTPError as fault:
        log.warning("a model's answer broke off: %s", type(fault).__name__)
    finally:
        await response.aclose()
