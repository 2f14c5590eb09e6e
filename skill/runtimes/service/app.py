"""The service as an ASGI application: the routes, and the one way that every request takes."""

import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from skill.onboarding import Onboarding
from skill.runtimes.service import openapi_page
from skill.runtimes.service.admission import Admission, Delivery
from skill.runtimes.service.answers import Answer, Problem, answer
from skill.runtimes.service.deliveries import Deliveries
from skill.runtimes.service.endpoints import Endpoints
from skill.runtimes.service.metrics import Metrics
from skill.runtimes.service.models import Models
from skill.runtimes.service.openapi import document
from skill.runtimes.service.reading import read_body

MESSAGE_LIMIT = 256 * 1024  # bytes; 32 KiB of a text are considered, and JSON may write a character in six bytes
MODEL_LIMIT = 8 * 1024 * 1024  # bytes; a question may carry images
LONGEST_WAIT = 120.0  # seconds that a host may ask us to take

Handler = Callable[[Request], Awaitable[Response]]
_WAIT = re.compile(r"\bwait=(\d{1,9}(?:\.\d{1,3})?)\b")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Service:
    """What the requests share."""

    endpoints: Endpoints
    admission: Admission
    deliveries: Deliveries
    metrics: Metrics

    async def message(self, request: Request) -> Response:
        """`POST /v1/messages`."""
        return await self._once(request, self.endpoints.message)

    async def tool(self, request: Request) -> Response:
        """`POST /v1/tool`."""
        return await self._once(request, self.endpoints.tool)

    async def response(self, request: Request) -> Response:
        """`POST /v1/responses`."""
        delivery = self.admission.admit(request, await read_body(request, MODEL_LIMIT))
        return await self.endpoints.response(delivery)

    async def alive(self, _: Request) -> Response:
        """`GET /healthz`: the process answers."""
        return JSONResponse({"ok": True})

    async def ready(self, _: Request) -> Response:
        """`GET /readyz`: it can do its work."""
        await self.endpoints.ready()
        return JSONResponse({"ok": True})

    async def figures(self, _: Request) -> Response:
        """`GET /metrics`."""
        return PlainTextResponse(self.metrics.text(), media_type="text/plain; version=0.0.4")

    async def _once(self, request: Request, endpoint: Callable[[Delivery], Coroutine[Any, Any, Answer]]) -> Response:
        """Read, admit, and answer once for a `webhook-id`; 202 where the host won't wait for as long as it takes."""
        delivery = self.admission.admit(request, await read_body(request, MESSAGE_LIMIT))

        async def work() -> Answer:
            try:
                return await endpoint(delivery)
            except Problem as problem:
                self.metrics.add("refused_total", error=problem.code)
                return problem.answer()

        done = await self.deliveries.once(request.url.path, delivery, work, patience_of(request))
        return (done or answer({"handled": True, "pending": True}, 202, retry_after=1)).response()


class Page(Protocol):
    """A page beside the service, such as `skill.runtimes.page.ChatPage`."""

    def routes(self, models: Models, metrics: Metrics) -> list[Route]: ...
    async def close(self) -> None: ...


def build(onboarding: Onboarding, *, client: httpx.AsyncClient | None = None, page: Page | None = None) -> Starlette:
    """The application; it closes `onboarding` and `page` when it ends. `client` is for models, and stays yours."""
    metrics, models, deliveries = Metrics(), Models(onboarding, client), Deliveries()
    admission = Admission(onboarding.settings.webhook_secret)
    service = Service(Endpoints(onboarding, models, metrics), admission, deliveries, metrics)
    described = document()

    @contextlib.asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        async with onboarding, contextlib.AsyncExitStack() as closing:
            closing.push_async_callback(models.close)
            if page:
                closing.push_async_callback(page.close)
            closing.push_async_callback(deliveries.close)  # the last to begin is the first to end
            yield

    async def schema(_: Request) -> Response:
        return JSONResponse(described)

    async def docs(_: Request) -> Response:
        return openapi_page.page(described)

    routes: list[tuple[str, str, Handler]] = [
        ("POST", "/v1/messages", service.message),
        ("POST", "/v1/tool", service.tool),
        ("POST", "/v1/responses", service.response),
        ("GET", "/openapi.json", schema),
        ("GET", "/docs", docs),
        ("GET", "/healthz", service.alive),
        ("GET", "/readyz", service.ready),
        ("GET", "/metrics", service.figures),
    ]
    ours = [Route(path, watched(metrics, path, handle), methods=[method]) for method, path, handle in routes]
    more = page.routes(models, metrics) if page else []
    return Starlette(routes=[*ours, *more], lifespan=life, exception_handlers={HTTPException: _nothing_there})


def patience_of(request: Request) -> float | None:
    """How long the host is willing to wait: `Prefer: wait=2.5` (RFC 7240, section 4.3; fractions are our own)."""
    asked = _WAIT.search(request.headers.get("prefer", ""))
    return min(float(asked[1]), LONGEST_WAIT) if asked else None


def watched(metrics: Metrics, path: str, handle: Handler) -> Handler:
    """Count it, and answer what goes wrong in JSON; a bug is told in the log by its name alone."""

    async def handler(request: Request) -> Response:
        started = time.perf_counter()
        metrics.add("in_flight")
        try:
            response = await handle(request)
        except Problem as problem:
            metrics.add("refused_total", error=problem.code)
            response = problem.answer().response()
        except Exception as bug:  # noqa: BLE001 (whatever it is, the host gets an answer, and no traceback)
            log.error("%s broke: %s", path, type(bug).__name__)
            response = Problem(500, "internal").answer().response()
        finally:
            metrics.add("in_flight", -1)
        metrics.add("requests_total", path=path, status=str(response.status_code))
        metrics.add("request_seconds_total", time.perf_counter() - started, path=path)
        response.headers.setdefault("cache-control", "no-store")
        response.headers["x-content-type-options"] = "nosniff"
        return response

    return handler


async def _nothing_there(_: Request, error: Exception) -> Response:
    """Starlette's own 404 and 405, as JSON."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = {404: "not_found", 405: "method_not_allowed"}.get(status, "internal")
    response = Problem(status, code).answer().response()
    response.headers.update((isinstance(error, HTTPException) and error.headers) or {})
    return response
