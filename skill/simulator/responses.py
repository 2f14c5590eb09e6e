"""The streaming model endpoint (protocol, section 10)."""

import re
from collections.abc import Iterator
from typing import Any

from starlette.responses import JSONResponse, Response

from .accounts import Account
from .answers import detail
from .backend import SESSION_SECONDS, WEEK_SECONDS, bearer
from .call import Call
from .events import EventStream

# Clients leave these out: history is not kept, and the output cap is not taken (section 10).
REFUSED_FIELDS = ("max_output_tokens", "temperature", "top_p", "previous_response_id")


def responses(call: Call) -> Response:
    """Token, then request, then plan; what passes is answered as a stream of events."""
    account = bearer(call)
    if isinstance(account, Response):
        return account
    refusal = refuse_request(call.json) or refuse_plan(account, call)
    if refusal:
        return refusal
    text = f"Hello from {call.text('model')}. You said: {last_words(call.json['input'])}"
    answer = list(events(call.text("model"), text, call))
    return EventStream(answer, limit_headers(account, call))


def refuse_request(body: dict[str, Any]) -> Response | None:
    """What the backend insists on; reported by several clients."""
    if body.get("store") is not False:
        return detail(400, "Store must be set to false")
    if body.get("stream") is not True:
        return detail(400, "Stream must be set to true")
    if not isinstance(body.get("instructions"), str) or not body["instructions"]:
        return detail(400, "Instructions are required")
    if not isinstance(body.get("input"), list):
        return detail(400, "Input must be a list")
    extra = [name for name in REFUSED_FIELDS if name in body]
    return detail(400, f"Unsupported parameter: {extra[0]}") if extra else None


def refuse_plan(account: Account, call: Call) -> Response | None:
    """What the plan does not cover: no Codex, a limit reached, a model it lacks."""
    if not account.codex:
        return not_included(account.plan)
    left = int(account.limit_left(call.now).total_seconds())
    if left:
        return limit_reached(account.plan, int(call.now.timestamp()), left)
    if call.text("model") not in account.models:
        return detail(400, f"The model {call.text('model')!r} is not supported with this ChatGPT account.")
    return None


def limit_error(plan: str, now: int, left: int) -> dict[str, Any]:
    """The plan's limit, as a body and as an event."""
    return {
        "type": "usage_limit_reached",
        "message": "The usage limit has been reached",
        "plan_type": plan,
        "resets_at": now + left,
        "resets_in_seconds": left,
        "eligible_promo": None,
    }


def limit_reached(plan: str, now: int, left: int) -> Response:
    """429 of the first kind: the plan's limit, which ends."""
    return JSONResponse({"error": limit_error(plan, now, left)}, 429)


def not_included(plan: str) -> Response:
    """429 of the second kind: the plan has no Codex at all, which does not end."""
    error = {"type": "usage_not_included", "message": "Codex is not part of this plan", "plan_type": plan}
    return JSONResponse({"error": error}, 429)


def last_words(items: list[Any]) -> str:
    """The text of the last input item, whether plain or in parts; two hundred characters are enough."""
    content = items[-1].get("content") if items and isinstance(items[-1], dict) else ""
    if isinstance(content, list):
        content = " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content)[:200]


def events(model: str, text: str, call: Call) -> Iterator[dict[str, Any]]:
    """One answer, word by word, from created to completed."""
    number = call.provider.log.count("responses")
    reply: dict[str, Any] = {"id": f"resp_{number}", "object": "response", "model": model, "output": []}
    item = {"id": f"msg_{number}", "type": "message", "role": "assistant", "content": []}
    place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    yield {"type": "response.created", "response": {**reply, "status": "in_progress"}}
    yield {"type": "response.output_item.added", "output_index": 0, "item": item}
    for word in re.findall(r"\S+\s*", text):
        yield {"type": "response.output_text.delta", **place, "delta": word}
    yield {"type": "response.output_text.done", **place, "text": text}
    done = {**item, "status": "completed", "content": [{"type": "output_text", "text": text}]}
    yield {"type": "response.output_item.done", "output_index": 0, "item": done}
    counts = {"input_tokens": 10, "output_tokens": len(text.split()), "total_tokens": 10 + len(text.split())}
    yield {
        "type": "response.completed",
        "response": {**reply, "status": "completed", "output": [done], "usage": counts},
    }


def limit_headers(account: Account, call: Call) -> dict[str, str]:
    """The account's windows beside the stream (section 10, reply headers)."""
    now = int(call.now.timestamp())
    return {
        "x-codex-primary-used-percent": str(account.session_used),
        "x-codex-primary-window-minutes": str(SESSION_SECONDS // 60),
        "x-codex-primary-reset-at": str(now + 900),
        "x-codex-secondary-used-percent": str(account.weekly_used),
        "x-codex-secondary-window-minutes": str(WEEK_SECONDS // 60),
        "x-codex-secondary-reset-at": str(now + 24 * 3600),
    }
