"""The page's own paths. Its person is a cookie of this browser, its messages go through the hook like any other."""

import json
import re
import secrets
from datetime import datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from skill.core.machine import resting_state
from skill.errors import StorageError
from skill.message import Message, Owner
from skill.onboarding import Onboarding
from skill.report import history
from skill.runtimes.page.diagram import svg
from skill.runtimes.service.admission import is_loopback, refuse_other_machines
from skill.runtimes.service.answers import Problem
from skill.runtimes.service.app import MESSAGE_LIMIT, Handler, watched
from skill.runtimes.service.forms import ModelCall, read
from skill.runtimes.service.metrics import Metrics
from skill.runtimes.service.models import Models
from skill.runtimes.service.reading import read_body

HERE = Path(__file__).parent
FILES = {"chat.css": "text/css", "chat.js": "text/javascript"}
WORDS: dict[str, dict[str, str]] = json.loads((HERE / "words.json").read_text(encoding="utf-8"))
PLATFORM = "chat page"
VISITOR = "codex_onboarding_visitor"
# Everything comes from here, nothing is written in the document, and nobody frames it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
REQUESTS_SHOWN = 200
TEMPLATE = (HERE / "chat.html").read_text(encoding="utf-8")


class NotLocalError(ValueError):
    """The page is for trying, beside a provider on this machine."""


class Words(BaseModel):
    """What the person typed; to a model if one is named."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    text: str = Field(max_length=32 * 1024, repr=False)
    language: str | None = None
    model: str | None = None


class ChatPage:
    """The page in front of one skill; raises `NotLocalError` unless its provider is on this machine."""

    def __init__(self, onboarding: Onboarding) -> None:
        if not is_loopback(urlsplit(onboarding.settings.issuer).hostname or ""):
            raise NotLocalError("the chat page works beside a provider on this machine only")
        self._onboarding = onboarding
        self._provider = httpx.AsyncClient(trust_env=False, timeout=5)

    async def close(self) -> None:
        """Let go of the network."""
        await self._provider.aclose()

    def routes(self, models: Models, metrics: Metrics) -> list[Route]:
        """Its paths."""
        handlers: list[tuple[str, str, Handler]] = [
            ("GET", "/", self._home),
            ("GET", "/chat", self._page),
            ("POST", "/chat/messages", self._message),
            ("POST", "/chat/model", partial(self._model, models)),
            ("GET", "/chat/view", self._view),
            ("GET", "/chat/{name}", self._file),
        ]
        return [Route(path, watched(metrics, path, handle), methods=[method]) for method, path, handle in handlers]

    async def _home(self, _: Request) -> Response:
        return RedirectResponse("/chat")

    async def _page(self, request: Request) -> Response:
        """The document, in the language asked for, else in the browser's."""
        refuse_other_machines(request)
        language = chosen(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
        headers = {"content-security-policy": POLICY, "referrer-policy": "no-referrer", "vary": "accept-language"}
        response = HTMLResponse(document(language, self._onboarding.settings.verification_url), headers=headers)
        if not request.cookies.get(VISITOR):
            response.set_cookie(VISITOR, secrets.token_urlsafe(16), httponly=True, samesite="strict", path="/chat")
        return response

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in FILES:
            raise Problem(404, "not_found")
        return Response((HERE / name).read_text(encoding="utf-8"), media_type=FILES[name])

    async def _message(self, request: Request) -> Response:
        """One message of this browser's person, in their one private conversation."""
        words, visitor = await _words(request), _visitor(request)
        reply = await self._onboarding.handle(
            Message(
                message_id=secrets.token_hex(12),
                conversation_id=visitor,
                user_id=visitor,
                text=words.text,
                private=True,
                platform=PLATFORM,
                language=words.language,
            )
        )
        shown = {"handled": True, **reply.model_dump(mode="json")} if reply else {"handled": False}
        return JSONResponse(shown)

    async def _model(self, models: Models, request: Request) -> Response:
        """What passed through goes to the chosen model, on that person's plan."""
        words = await _words(request)
        items = [{"role": "user", "content": [{"type": "input_text", "text": words.text}]}]
        call = ModelCall(user_id=_visitor(request), platform=PLATFORM, model=words.model or "gpt-5-codex", input=items)
        return await models.ask(call)

    async def _view(self, request: Request) -> Response:
        """Where this person stands, how they came there, and what the provider was asked."""
        visitor = _visitor(request)
        owner = Owner(PLATFORM, "", visitor)
        try:
            record = await self._onboarding.store.read(owner)
            steps = await history(self._onboarding.store, owner)
        except StorageError:
            raise Problem(503, "storage") from None
        state = resting_state(record.session, visitor, record.credential is not None)
        shown = [{"event": step.event, "from": step.before, "to": step.after} for step in steps]
        models = record.credential.model_ids if record.credential else []
        requests = await self._requests(steps[0].at) if steps else []
        return JSONResponse({"state": state, "steps": shown, "models": models, "requests": requests})

    async def _requests(self, since: datetime) -> list[dict[str, Any]] | None:
        """The local provider's log since this person's first step; None where the provider keeps none."""
        try:
            answer = await self._provider.get(f"{self._onboarding.settings.issuer}/_control")
            requests: list[dict[str, Any]] = answer.json()["requests"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return None
        asked = [each for each in requests if each["endpoint"] != "page" and each["time"] >= since.isoformat()]
        return asked[-REQUESTS_SHOWN:]


async def _words(request: Request) -> Words:
    """What was typed on this very page: another site's page has another origin, and a rebound name another host."""
    refuse_other_machines(request)
    if request.headers.get("origin") != f"{request.url.scheme}://{request.headers.get('host', '')}":
        raise Problem(403, "local_only")
    return read(Words, await read_body(request, MESSAGE_LIMIT))


def _visitor(request: Request) -> str:
    """Who is writing: the cookie that the page set. Nothing that scripts or texts say."""
    visitor = request.cookies.get(VISITOR, "")
    if not re.fullmatch(r"[\w-]{16,64}", visitor):
        raise Problem(403, "local_only")
    refuse_other_machines(request)
    return visitor


def chosen(asked: str, accepted: str) -> str:
    """The switch decides, then the first language of the browser that there are words for, then English."""
    tags = [asked, *(part.partition(";")[0].strip() for part in accepted.split(","))]
    return next((tag for tag in (each.lower().split("-")[0] for each in tags) if tag in WORDS), "en")


def document(language: str, sign_in_page: str) -> str:
    """The page: its words filled in, and those that the script needs beside it as data."""
    words = WORDS[language]
    filled = {
        "language": words["tag"],
        "machine": svg(words["machine_label"], words),
        "switch": "".join(_switch(each, each == language) for each in WORDS),
        "data": json.dumps(words | {"language": language, "page": sign_in_page}).replace("<", "\\u003c"),
    }
    filled |= {f"w_{key}": escape(text) for key, text in words.items()}
    return re.sub(r"\{\{(\w+)\}\}", lambda found: filled[found[1]], TEMPLATE)


def _switch(language: str, current: bool) -> str:
    marked = " aria-current=true" if current else ""
    words = WORDS[language]
    return f'<a href="/chat?lang={language}" lang="{words["tag"]}"{marked}>{words["name"]}</a>'
