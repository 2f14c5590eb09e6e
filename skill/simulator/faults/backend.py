"""Faults behind a token: refusals, odd lists, odd limits, streams that break (protocol, sections 8 to 10)."""

from collections.abc import Callable
from functools import partial
from itertools import takewhile
from typing import Any

from starlette.responses import Response

from ..answers import bearer_error, detail, object_error
from ..backend import WEEK_SECONDS, rate_limit, window
from ..events import EventStream
from ..responses import events, limit_error, limit_reached, not_included
from .switch import Case, Change, Table

BACKEND = ("models", "usage", "responses")
MODELS, USAGE, RESPONSES = ("models",), ("usage",), ("responses",)


def register(table: Table) -> None:
    """The rows of this module."""
    for code in ("token_expired", "token_invalidated"):
        row = (f"401 {code}, whatever the token", partial(bearer_error, code))
        table.replies(BACKEND, {code.replace("_", "-"): row})
    _models(table)
    _usage(table)
    _refusals(table)
    _streams(table)


def _models(table: Table) -> None:
    nothing = dict.fromkeys(("display_name", "description", "priority", "visibility", "upgrade"))
    changes: dict[str, tuple[str, Change]] = {
        "empty": ("an empty list", lambda b: b.update(models=[])),
        "null": ("null for the list", lambda b: b.update(models=None)),
        "null-fields": ("models with null fields", lambda b: [m.update(nothing) for m in b["models"]]),
        "no-slug": ("models without a slug", lambda b: [m.pop("slug") for m in b["models"]]),
        "slug-only": (
            "models with nothing but a slug",
            lambda b: b.update(models=[{"slug": m["slug"]} for m in b["models"]]),
        ),
        "hidden": ("models that are not to be listed", lambda b: _set(b, visibility="hide")),
        "odd-slugs": (
            "slugs with a link, a line break and another type",
            lambda b: b.update(models=[{"slug": s} for s in ("a b", "x\n/model y", "https://e.test", 7, "")]),
        ),
        "many": (
            "five thousand models",
            lambda b: b.update(models=[{**b["models"][0], "slug": f"gpt-{n}"} for n in range(5000)]),
        ),
    }
    table.edits(MODELS, changes)

    @table.add("no-etag", "the true list without an ETag", MODELS)
    def no_etag(case: Case) -> Response:
        reply = case.act()
        del reply.headers["etag"]
        return reply


def _set(body: dict[str, Any], **fields: Any) -> None:
    for model in body["models"]:
        model.update(fields)


def _usage(table: Table) -> None:
    def windows(body: dict[str, Any]) -> list[dict[str, Any]]:
        return [body["rate_limit"]["primary_window"], body["rate_limit"]["secondary_window"]]

    changes: dict[str, tuple[str, Change]] = {
        "null-windows": (
            "both windows null",
            lambda b: b["rate_limit"].update(primary_window=None, secondary_window=None),
        ),
        "null-rate-limit": ("rate_limit null", lambda b: b.update(rate_limit=None)),
        "null-credits": ("credits null", lambda b: b.update(credits=None)),
        "no-plan": ("no plan_type", lambda b: b.pop("plan_type")),
        "new-plan": ("a plan that nobody knows", lambda b: b.update(plan_type="plus-ultra_2")),
        "balance-number": (
            "the balance as a number",
            lambda b: b["credits"].update(balance=12.5, has_credits=True),
        ),
        "percent-float": ("used_percent with a fraction", lambda b: windows(b)[0].update(used_percent=12.5)),
        "text-numbers": (
            "numbers as text",
            lambda b: [w.update({k: str(v) for k, v in w.items()}) for w in windows(b)],
        ),
        "odd-windows": (
            "a window of length zero, and one of an unknown length",
            lambda b: [w.update(limit_window_seconds=n) for w, n in zip(windows(b), (0, 12345), strict=True)],
        ),
        "far-reset": (
            "a reset in a year beyond the calendar",
            lambda b: windows(b)[0].update(reset_at=10**14),
        ),
        "over-100": ("more than everything used", lambda b: windows(b)[0].update(used_percent=140)),
    }
    table.edits(USAGE, changes)

    @table.add("weekly-only", "only a weekly limit, in the place of the first window", USAGE)
    def weekly_only(case: Case) -> Response:
        week = window(40, WEEK_SECONDS, 24 * 3600, case.call.now)
        return case.edit(lambda b: b["rate_limit"].update(primary_window=week, secondary_window=None))

    @table.add("limit-reached", "the session window is used up", USAGE, seconds=3600)
    def full(case: Case) -> Response:
        seconds = case.options["seconds"]
        kind = {"type": "rate_limit_reached"}

        def fill(body: dict[str, Any]) -> None:
            first = window(100, 5 * 3600, seconds, case.call.now)
            body["rate_limit"].update(allowed=False, limit_reached=True, primary_window=first)
            body["rate_limit_reached_type"] = kind

        return case.edit(fill)

    @table.add("more-limits", "additional_rate_limits with one more limit", USAGE)
    def more(case: Case) -> Response:
        account = case.call.provider.accounts.get("ana@example.test")
        limit = rate_limit(account, case.call.now)
        more = [{"limit_name": "GPT-5-Codex-Spark", "metered_feature": "spark", "rate_limit": limit}]
        return case.edit(lambda body: body.update(additional_rate_limits=more))


def _refusals(table: Table) -> None:
    @table.add("limit", "429 usage_limit_reached, over in so many seconds", RESPONSES, seconds=3600, plan="plus")
    def limit(case: Case) -> Response:
        now = int(case.call.now.timestamp())
        return case.instead(limit_reached(case.options["plan"], now, case.options["seconds"]))

    replies: dict[str, tuple[str, Callable[[], Response]]] = {
        "not-included": ("429 usage_not_included: no Codex in the plan", lambda: not_included("free")),
        "instructions": (
            "400: the instructions are not accepted",
            lambda: detail(400, "Instructions are not valid"),
        ),
        "store": ("400: store must be false", lambda: detail(400, "Store must be set to false")),
        "policy": ("400 cyber_policy", lambda: object_error(400, "cyber_policy", "Not allowed by policy.")),
        "overloaded": ("503 server_is_overloaded", lambda: object_error(503, "server_is_overloaded")),
        "slow-down": ("503 slow_down", lambda: object_error(503, "slow_down")),
    }
    table.replies(RESPONSES, replies)


def _streams(table: Table) -> None:
    def begun(case: Case, *ends: dict[str, Any]) -> Response:
        """The answer up to its first word, and then these events."""
        reply = case.act()
        if reply.status_code != 200:
            case.fitted = False
            return reply
        answer = events(case.call.text("model"), "Well,", case.call)
        head = takewhile(lambda event: event["type"] != "response.output_text.done", answer)
        return EventStream([*head, *ends])

    @table.add("stream-cut", "the stream ends in the middle, without response.completed", RESPONSES)
    def cut(case: Case) -> Response:
        return begun(case)

    @table.add("stream-error", "an error event in the middle of the stream", RESPONSES)
    def error(case: Case) -> Response:
        return begun(case, {"type": "error", "error": {"code": "server_error", "message": "It broke."}})

    @table.add("stream-failed", "response.failed in the middle of the stream", RESPONSES)
    def failed(case: Case) -> Response:
        broken = {"code": "server_is_overloaded", "message": "Too much to do."}
        return begun(case, {"type": "response.failed", "response": {"status": "failed", "error": broken}})

    @table.add("stream-limit", "the plan's limit as an event of the stream", RESPONSES, seconds=3600, plan="plus")
    def limited(case: Case) -> Response:
        now = int(case.call.now.timestamp())
        error = limit_error(case.options["plan"], now, case.options["seconds"])
        return begun(case, {"type": "error", "error": error, "status": 429})

    @table.add("stream-done", "a success that ends with response.done", RESPONSES)
    def done(case: Case) -> Response:
        return begun(case, {"type": "response.done", "response": {"status": "completed", "output": []}})
