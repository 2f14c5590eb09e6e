"""7 provider calls x 25 faults: whatever befalls a call, the person is told, and nothing is lost that was good.

trust.md, section 4, "Fault matrix"; what each fault means: section 2.
"""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import pytest

from skill.core.states import State
from skill.errors import OnboardingError, Reason

from .faults import BROKEN_BODIES, FAULTS, Fault
from .kit import ANA, BROKEN, CALLS, DONE, LOG_OUT, MODELS, SIGN_IN, USAGE, Rig, keys_of, pair

LIMIT = 20.0  # seconds
OF_EACH_KIND = {"DNS", "connect time-out", "read time-out", "401 JSON", "403 Cloudflare HTML", "429 with Retry-After"}


@dataclass(frozen=True)
class Scenario:
    """How a call comes about, and how often it, and what follows it, may be tried."""

    prepare: Callable[[Rig], object]
    words: str
    tries: dict[str, int]


def _signed_in_long_ago(rig: Rig) -> None:
    rig.connect()
    rig.pass_time(hours=1)


def _about_to_expire(rig: Rig) -> None:
    rig.connect()
    rig.near_expiry()


def _nobody(_: Rig) -> None:
    """Nothing happened yet."""


SCENARIOS = {
    "start": Scenario(_nobody, SIGN_IN, {"start": 1}),
    "poll": Scenario(Rig.show_code, DONE, {"poll": 1}),
    "exchange": Scenario(Rig.show_code, DONE, {"poll": 1, "exchange": 1}),
    "refresh": Scenario(_about_to_expire, BROKEN, {"refresh": 1}),
    "revoke": Scenario(_signed_in_long_ago, LOG_OUT, {"revoke": 1}),
    "models": Scenario(_signed_in_long_ago, MODELS, {"models": 1}),
    "usage": Scenario(_signed_in_long_ago, USAGE, {"usage": 1}),
}


@dataclass(frozen=True)
class Ending:
    """Where a cell has to end: the texts, the state, and whether more was asked than the call itself."""

    keys: list[str]
    state: State
    also: dict[str, int]


def _expected(call: str, fault: Fault) -> Ending:
    """Section 2 of trust.md, read for one cell."""
    waiting, new_code = State.AWAITING_CONFIRM, {"start": 1}
    match call, fault.name:
        case "start", "404":
            return Ending(["start_unsupported"], State.FAILED, {})
        case "start", _:
            return Ending([f"start_{fault.reason}"], State.FAILED, {})
        case "poll", "403 pending" | "404":
            return Ending(["still_pending"], waiting, {})
        case "poll", "403 expired":
            return Ending(["poll_expired", "display"], waiting, new_code)
        case "exchange", _ if fault.sent:
            return Ending(["poll_refused", "display"], waiting, new_code)
        case "poll" | "exchange", _:
            return Ending([f"trouble_{fault.reason}"], waiting, {})
        case "refresh", "401 JSON":
            return Ending(["display"], waiting, new_code)
        case "refresh", _:
            return Ending(["login_kept"], State.CONNECTED, {})
        case "revoke", _:
            # protocol, section 7: any 2xx is success, whatever it says; but a page is somebody else's (section 2).
            done = fault.name.startswith("200") and fault.reason is not Reason.BLOCKED
            return Ending(["logged_out" if done else "logged_out_unconfirmed"], State.IDLE, {})
        case "models", "401 JSON":
            return Ending(["models"], State.CONNECTED, {"models": 1, "refresh": 1})
        case "models", _:
            return Ending(["models"], State.CONNECTED, {})
        case "usage", "401 JSON":
            return Ending(["usage_unavailable"], State.CONNECTED, {"usage": 1, "refresh": 1})
    return Ending(["usage_unavailable"], State.CONNECTED, {})


def _cells() -> list[object]:
    return [
        pytest.param(call, fault, id=f"{call}-{fault.name}", marks=[pytest.mark.full] if fault in BROKEN_BODIES else [])
        for call, fault in product(CALLS, (*FAULTS, *BROKEN_BODIES))
        if not (call == "usage" and fault.name == "200 broken (200-object)")  # a usage report may say nothing
        and not (call == "usage" and fault.name == "200 broken (200-empty)")
    ]


def test_the_matrix_is_whole() -> None:
    """trust.md, section 4: 7 provider calls x 25 faults, 175 cells."""
    assert len(set(CALLS)) * len({fault.name for fault in FAULTS}) == 175
    assert set(SCENARIOS) == set(CALLS)


@pytest.mark.parametrize(("call", "fault"), _cells())
def test_a_fault_ends_in_a_legal_state_with_a_plain_answer(rig: Rig, call: str, fault: Fault) -> None:
    """trust.md, section 4, "Fault matrix": state, text, number of calls, no secret, time."""
    scenario = SCENARIOS[call]
    scenario.prepare(rig)
    before = rig.record().credential
    rig.forget()
    fault.play(rig, call)

    reply = rig.say(scenario.words)

    expected = _expected(call, fault)
    allowed = dict(scenario.tries)
    for also, times in expected.also.items():
        allowed[also] = allowed.get(also, 0) + times
    assert reply
    assert keys_of(reply) == expected.keys
    assert reply.state == expected.state
    assert rig.wire.tries == allowed
    assert rig.took <= LIMIT
    assert rig.leaks() == []
    after = rig.record().credential
    if expected.state is State.CONNECTED and "refresh" not in expected.also:
        assert before and after and pair(after) == pair(before)  # a transient fault never ends a live login
    if call == "revoke":
        assert after is None


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        pytest.param(
            call, fault, id=f"{call}-{fault.name}", marks=[] if fault.name in OF_EACH_KIND else [pytest.mark.full]
        )
        for call, fault in product(CALLS, FAULTS)
        if not fault.effect and (call, fault.name) not in (("refresh", "401 JSON"), ("revoke", "200 broken"))
    ],
)
def test_once_a_fault_is_over_all_goes_on(rig: Rig, call: str, fault: Fault) -> None:
    """trust.md, sections 1.3, 1.5 and 2: no approved login is lost to a blip, no good one to a temporary error."""
    SCENARIOS[call].prepare(rig)
    rig.forget()
    fault.play(rig, call)
    first = rig.say(SCENARIOS[call].words)
    rig.wire.broken.clear()
    rig.provider.clear_faults()

    match call:
        case "start":
            rig.connect()
        case "poll" | "exchange":
            if first and first.user_code:
                rig.provider.approve(first.user_code)
            reply = rig.say(DONE)
            assert reply and reply.state is State.CONNECTED
            resumed = call == "exchange" and not fault.sent
            assert rig.wire.tries["poll"] == (1 if resumed else 2)
        case "refresh" | "models" | "usage":
            assert rig.call().status_code == 200
        case "revoke":
            rig.pass_time(hours=1)
            rig.run(rig.skill.tidy())
            assert rig.provider.live_tokens().refresh == 0
    if call != "revoke":
        assert rig.login()


@pytest.mark.parametrize(
    "fault",
    [
        *(pytest.param(fault, id=fault.name) for fault in FAULTS),
        *(pytest.param(fault, id=fault.name, marks=pytest.mark.full) for fault in BROKEN_BODIES),
    ],
)
def test_a_direct_call_whose_refresh_fails_says_so_and_keeps_the_login(rig: Rig, fault: Fault) -> None:
    """trust.md, section 2: a typed error, and no secret even in a traceback with locals."""
    rig.connect()
    before = rig.login()
    rig.provider.revoke_access(ANA)
    fault.play(rig, "refresh")
    rig.forget()

    with pytest.raises(OnboardingError) as raised:
        rig.call()

    assert rig.wire.tries == {"models": 1, "refresh": 1}
    assert rig.took <= LIMIT
    after = rig.record().credential
    refused = fault.name == "401 JSON"
    assert (after is None) if refused else (after is not None and pair(after) == pair(before))
    shown = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    assert rig.leaks("".join(shown.format()), repr(raised.value)) == []
