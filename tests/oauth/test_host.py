"""A host's own `openai_oauth` behind our seam: whatever it answers has a meaning (conversation.md, section 7)."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from skill.core.session import Authorization, Code, Flow
from skill.core.states import State
from skill.errors import Reason
from skill.message import Owner
from skill.oauth.host import HostTool
from skill.oauth.outcomes import (
    Authorized,
    Issued,
    LoggedOut,
    LoginDied,
    NotConnected,
    Outcome,
    Pending,
    Refreshed,
    Refused,
    StatusReport,
    Troubled,
    UsageReport,
)
from skill.settings import Settings

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ANA = Owner("slack", "T1", "ana")
OURS = "https://auth.openai.com/codex/device"
STARTED = {"ok": True, "verification_url": OURS, "user_code": "WXYZ-12345", "pending_id": "p1"}
ODD = [None, 7, "text", [], {"ok": False}, {"ok": False, "error": 7}, {}, {"ok": True}, {"status": ["connected"]}]


def code(minutes_left: float = 10) -> Code:
    return Code("WXYZ-12345", OURS, "p1", NOON + timedelta(minutes=minutes_left))


async def keep(_: Authorization) -> bool:
    raise AssertionError("a host's tool has nothing to seal")


def ask(action: str, answer: object, minutes_left: float = 10) -> Outcome:
    """What our side makes of the host's answer."""

    async def host(action: str, pending_id: str | None = None, force: bool = False) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    tool = HostTool(host, Settings(), lambda: NOON)
    flow = Flow("c1", State.POLLING, code(minutes_left))
    calls: dict[str, Any] = {
        "start": lambda: tool.start(ANA),
        "poll": lambda: tool.poll(ANA, flow, keep),
        "status": lambda: tool.status(ANA, None, "idle"),
        "logout": lambda: tool.logout(ANA, None),
        "refresh": lambda: tool.refresh(ANA, None),
        "models": lambda: tool.models(ANA),
        "usage": lambda: tool.usage(ANA),
    }
    outcome: Outcome = asyncio.run(calls[action]())
    return outcome


ACTIONS = ("start", "poll", "status", "logout", "refresh", "models", "usage")


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("answer", ODD, ids=repr)
def test_an_odd_answer_never_crashes_and_never_connects(action: str, answer: object) -> None:
    outcome = ask(action, answer)
    assert not isinstance(outcome, Issued | Authorized)
    assert not (isinstance(outcome, StatusReport) and outcome.connected)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_host_that_raises_is_the_providers_trouble(action: str) -> None:
    """Rule 6: its words are not ours to show."""
    outcome = ask(action, RuntimeError("canary"))
    assert isinstance(outcome, Troubled)
    assert "canary" not in repr(outcome)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (OURS, OURS),
        (f"{OURS}?code=WXYZ-12345", OURS),
        (f"{OURS}#WXYZ-12345", OURS),
        ("https://auth.openai.com/other", "https://auth.openai.com/other"),
        ("http://auth.openai.com/codex/device", OURS),
        ("https://auth.openai.com.example.test/codex/device", OURS),
        ("https://auth.openai.com@example.test/codex/device", OURS),
        ("https://example.test/codex/device", OURS),
        ("javascript:alert(1)", OURS),
        ("", OURS),
        (None, OURS),
        (7, OURS),
    ],
)
def test_the_page_shown_is_theirs_only_on_the_issuers_host(url: object, shown: str) -> None:
    """Rule 3: https on the issuer's host, query and fragment cut off."""
    outcome = ask("start", STARTED | {"verification_url": url})
    assert isinstance(outcome, Issued)
    assert outcome.code.verification_url == shown


@pytest.mark.parametrize(
    "url", ["https://auth.openai.com/codex/device/WXYZ-12345", "https://auth.openai.com/WXYZ-12345"]
)
def test_a_page_that_holds_the_code_is_not_shown(url: str) -> None:
    """Rule 3: the code is never in the URL."""
    outcome = ask("start", STARTED | {"verification_url": url})
    assert isinstance(outcome, Issued)
    assert "WXYZ-12345" not in outcome.code.verification_url


@pytest.mark.parametrize(
    "change",
    [
        {"user_code": "https://example.test"},
        {"user_code": "WXYZ-12345\n"},
        {"user_code": 7},
        {"user_code": None},
        {"pending_id": None},
        {"pending_id": 7},
    ],
)
def test_a_start_without_a_usable_code_is_trouble(change: Mapping[str, object]) -> None:
    """trust.md, section 3."""
    assert ask("start", STARTED | change) == Troubled(Reason.PROVIDER)


@pytest.mark.parametrize(
    ("answer", "minutes_left", "outcome"),
    [
        ({"ok": True, "status": "pending"}, 10, Pending()),
        ({"ok": True, "status": "pending"}, -1, Refused(Reason.EXPIRED)),
        ({"ok": True, "status": "failed", "reason": "declined"}, 10, Refused(Reason.DECLINED)),
        ({"ok": True, "status": "failed", "reason": "expired"}, 10, Refused(Reason.EXPIRED)),
        ({"ok": True, "status": "failed", "reason": "whatever"}, 10, Refused(Reason.REFUSED)),
        ({"ok": True, "status": "failed"}, 10, Refused(Reason.REFUSED)),
        ({"ok": True, "status": "maybe"}, 10, Troubled(Reason.PROVIDER)),
        ({"ok": False, "error": "network"}, 10, Troubled(Reason.NETWORK)),
        ({"ok": False, "error": "rate_limited", "retry_after": 9}, 10, Troubled(Reason.LIMIT, 9)),
        ({"ok": False, "error": "blocked"}, 10, Troubled(Reason.BLOCKED)),
        ({"ok": False, "error": "<b>odd</b>"}, 10, Troubled(Reason.PROVIDER)),
        ({"ok": False, "error": "not_connected"}, 10, NotConnected()),
        ({"ok": False, "error": "relogin_required"}, 10, LoginDied()),
    ],
)
def test_a_poll_has_its_meaning(answer: object, minutes_left: float, outcome: Outcome) -> None:
    """Rule 2: `pending` after the code ran out counts as expired."""
    assert ask("poll", answer, minutes_left) == outcome


def test_a_poll_that_connected_brings_name_and_models_made_fit_to_show() -> None:
    answer = {"ok": True, "status": "connected", "email": "ana\u202e@example.test", "models": ["gpt-5", 7]}
    outcome = ask("poll", answer)
    assert outcome == Authorized(None, "ana@example.test", None, ["openai-codex/gpt-5"])


def test_a_poll_that_connected_without_models_has_the_usual_three() -> None:
    """Section 5."""
    outcome = ask("poll", {"ok": True, "status": "connected"})
    assert isinstance(outcome, Authorized)
    assert (len(outcome.models), outcome.models[0]) == (3, "openai-codex/gpt-5-codex")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"ok": True, "removed": True, "revoked": True}, LoggedOut(True, True)),
        ({"ok": True}, LoggedOut(True, False)),
        ({"ok": True, "removed": False, "revoked": True}, LoggedOut(False, False)),
        ({"ok": True, "status": "disconnected"}, LoggedOut(True, False)),
    ],
)
def test_a_logout_has_its_meaning(answer: object, outcome: Outcome) -> None:
    assert ask("logout", answer) == outcome


def test_the_other_answers_are_read_as_far_as_they_go() -> None:
    assert ask("refresh", {"ok": True, "expires_at": "2026-11-22T12:00:00Z"}) == Refreshed(NOON)
    status = ask("status", {"ok": True, "connected": True, "email": "ana@example.test"})
    assert isinstance(status, StatusReport) and (status.connected, status.email) == (True, "ana@example.test")
    windows = [{"seconds": 18_000, "used_percent": 12, "resets_at": NOON.timestamp()}, "odd", {}]
    usage = ask("usage", {"ok": True, "plan": "plus", "windows": windows})
    assert isinstance(usage, UsageReport) and len(usage.windows) == 2
    assert usage.windows[0].resets_at == NOON


def test_a_host_is_told_who_only_if_it_wants_to_know() -> None:
    seen: list[dict[str, object]] = []

    async def silent(action: str, pending_id: str | None = None, force: bool = False) -> dict[str, object]:
        return {}

    async def curious(action: str, **identity: object) -> dict[str, object]:
        seen.append(identity)
        return {}

    for host in (silent, curious):
        asyncio.run(HostTool(host, Settings(), lambda: NOON).status(ANA, None, ""))
    assert seen == [{"user_id": "ana", "platform": "slack", "account": "T1"}]
