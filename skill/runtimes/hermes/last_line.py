"""The last line before the host's model: the message hook doesn't see what is said while a turn runs."""

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from intents import Label, read
from skill.core.replies import catalogue, pick_language
from skill.runtimes.hermes.seats import Seats

REMOVED = "[This message carried a key or a token and was removed.]"

log = logging.getLogger(__name__)


class LastLine:
    """Keeps a sign-in request that came past the hook from the model, and a pasted key from every call of a turn."""

    def __init__(self, seats: Seats) -> None:
        self._seats = seats

    def on_request(self, *, request: dict[str, Any], **_: Any) -> dict[str, Any] | None:
        """Take out the messages of people that carry a key, earlier ones too."""
        changed = False
        for message in _messages(request):
            if message.get("role") == "user" and read(_text(message)).secret:
                message["content"] = REMOVED
                changed = True
        return {"request": request, "source": __name__} if changed else None

    def on_execution(self, *, request: dict[str, Any], next_call: Callable[..., Any], **about: Any) -> Any:
        """Answer in the model's place where the newest words are for us; what fails here must not end the turn."""
        try:
            answer = self._answer(request, **about)
        except Exception as error:  # noqa: BLE001
            log.error("a request was not looked at: %s", type(error).__name__)
            answer = None
        return next_call(request) if answer is None else answer

    def _answer(self, request: dict[str, Any], *, api_mode: str = "", model: str = "", **_: Any) -> Any:
        seat = self._seats.current()
        newest: dict[str, Any] = next(reversed(_messages(request)), {})
        if seat is None or newest.get("role") != "user":
            return None
        text = _text(newest)
        reading = read(text.replace(seat.for_model, "") if seat.for_model else text)
        if reading.classify(None).label is Label.NONE:
            return None
        words = catalogue(pick_language(reading.language)).text("try_again")
        if api_mode and api_mode != "chat_completions":
            newest["content"] = f"[Sign-in request, removed. Answer with exactly this: {words}]"
            return None
        return _completion(words, model)


def _messages(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The conversation, under the name that each of the host's API modes has for it."""
    found = request.get("messages") or request.get("input")
    return [message for message in found if isinstance(message, dict)] if isinstance(found, list) else []


def _text(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _completion(words: str, model: str) -> Any:
    """An answer in the form that the host waits for."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": words}}
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    head = {"id": "chatgpt-codex-onboarding", "object": "chat.completion", "created": 0, "model": model or "none"}
    return import_module("openai.types.chat").ChatCompletion.model_validate(
        head | {"choices": [choice], "usage": usage}
    )
