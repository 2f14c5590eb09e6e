"""The backend behind a bearer token: models and usage (protocol, sections 8 and 9)."""

import hashlib
import json
from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from .accounts import Account
from .answers import bearer_error
from .call import Call

SESSION_SECONDS, WEEK_SECONDS = 5 * 3600, 7 * 24 * 3600


def bearer(call: Call) -> Account | Response:
    """Whose token came with the call, or the 401 that it deserves (section 10)."""
    scheme, _, token = call.header("authorization").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return bearer_error("token_invalidated")
    holder = call.provider.tokens.holder(token.strip(), call.now)
    if isinstance(holder, str):
        return bearer_error(holder)
    if holder.residency and call.header("x-openai-internal-codex-residency") != holder.residency:
        return bearer_error("residency_required")
    return holder


def models(call: Call) -> Response:
    """Section 8. Without the account header an empty list, as if the account had no models."""
    account = bearer(call)
    if isinstance(account, Response):
        return account
    known = call.header("chatgpt-account-id") == account.account_id
    listed = [model(slug, place) for place, slug in enumerate(account.models)] if known else []
    body = json.dumps({"models": listed}).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    if call.header("if-none-match") == etag:
        return Response(status_code=304, headers={"etag": etag})
    return Response(body, media_type="application/json", headers={"etag": etag})


def model(slug: str, priority: int) -> dict[str, Any]:
    """One entry with every field that a strict client needs (section 8)."""
    return {
        "slug": slug,
        "display_name": slug.replace("gpt", "GPT"),
        "description": f"{slug} of the local provider.",
        "default_reasoning_level": "medium",
        "supported_reasoning_levels": [{"effort": "medium", "description": "Balanced"}],
        "visibility": "list",
        "priority": priority,
        "supported_in_api": True,
        "minimal_client_version": [0, 1, 0],
        "context_window": 272_000,
        "auto_compact_token_limit": None,
        "effective_context_window_percent": 95,
        "input_modalities": ["text", "image"],
        "upgrade": None,
        "base_instructions": "You are a coding agent.",
        "shell_type": "shell_command",
        "truncation_policy": {"mode": "tokens", "limit": 10_000},
        "supports_reasoning_summaries": True,
        "support_verbosity": False,
        "default_verbosity": None,
        "apply_patch_tool_type": None,
        "supports_parallel_tool_calls": True,
        "experimental_supported_tools": [],
    }


def usage(call: Call) -> Response:
    """Section 9. The session window comes first, the week second."""
    account = bearer(call)
    if isinstance(account, Response):
        return account
    return JSONResponse(
        {
            "plan_type": account.plan,
            "user_id": account.user_id,
            "account_id": account.account_id,
            "email": account.email,
            "rate_limit": rate_limit(account, call.now) if account.codex else None,
            "credits": {"has_credits": False, "unlimited": False, "balance": "0"},
            "additional_rate_limits": [],
        }
    )


def rate_limit(account: Account, now: datetime) -> dict[str, Any]:
    """Both windows; a plan at its limit has used all of its session."""
    left = int(account.limit_left(now).total_seconds())
    return {
        "allowed": not left,
        "limit_reached": bool(left),
        "primary_window": window(100 if left else account.session_used, SESSION_SECONDS, left or 900, now),
        "secondary_window": window(account.weekly_used, WEEK_SECONDS, 24 * 3600, now),
    }


def window(used: float, length: int, reset_after: int, now: datetime) -> dict[str, Any]:
    """One window, in the provider's words."""
    return {
        "used_percent": used,
        "limit_window_seconds": length,
        "reset_after_seconds": reset_after,
        "reset_at": int(now.timestamp()) + reset_after,
    }
