"""A clock that is wrong by hours or days: nothing runs out early, and nothing is refreshed again and again.

trust.md, section 4, "Clock"; openai-codex-protocol.md, sections 3 and 5.
"""

from contextlib import suppress
from datetime import timedelta

import pytest

from skill.errors import ProviderError, ReloginRequiredError

from .kit import DONE, Rig, keys_of

SKEWS = {
    "right": timedelta(),
    "an hour ahead": timedelta(hours=1),
    "an hour behind": timedelta(hours=-1),
    "a day ahead": timedelta(days=1),
    "a day behind": timedelta(days=-1),
}
EARLY = 5  # seconds that something may run out too soon


@pytest.fixture(params=SKEWS)
def wrong(rig: Rig, request: pytest.FixtureRequest) -> Rig:
    """A rig whose skill has a wrong clock."""
    rig.skew = SKEWS[request.param]
    return rig


def test_a_code_does_not_run_out_early(wrong: Rig) -> None:
    """trust.md, section 4: no early expiry beyond 5 s."""
    reply = wrong.show_code()
    assert reply
    wrong.pass_time(seconds=15 * 60 - EARLY)
    assert keys_of(wrong.say("I haven't approved it yet")) == ["not_yet"]
    connected = wrong.say(DONE)
    assert connected
    assert connected.state == "connected"
    assert wrong.provider.count("poll") == 1


@pytest.mark.parametrize("lifetime", [timedelta(hours=1), timedelta(days=10)], ids=["an hour", "ten days"])
def test_a_token_is_refreshed_once_a_lifetime_and_not_again_and_again(wrong: Rig, lifetime: timedelta) -> None:
    """trust.md, section 4: no refresh loop, and no early expiry."""
    wrong.provider.configure(token_lifetime=lifetime.total_seconds())
    wrong.connect()
    wrong.forget()
    for _ in range(10):
        assert wrong.call().status_code == 200
        wrong.pass_time(seconds=30)
    assert wrong.provider.count("refresh") == 0  # the token is fresh, whatever our clock says

    wrong.pass_time(seconds=lifetime.total_seconds())
    wrong.forget()
    for _ in range(10):
        assert wrong.call().status_code == 200
        wrong.pass_time(seconds=10)
    assert wrong.provider.count("refresh") == 1
    assert wrong.provider.reuses == 0


def test_a_clock_that_is_put_right_ends_no_login(wrong: Rig) -> None:
    """trust.md, section 4: what was judged by the wrong clock costs one refresh at most."""
    wrong.connect()
    wrong.forget()
    wrong.skew = timedelta()
    for _ in range(5):
        assert wrong.call().status_code == 200
    assert wrong.provider.count("refresh") <= 1
    assert wrong.login()


def test_an_outcome_that_stays_unknown_is_tried_once_more_and_not_for_ever(rig: Rig) -> None:
    """trust.md, section 2: after an unknown outcome at most one more try, when it is refused or close to expiry."""
    rig.connect()
    rig.near_expiry()
    rig.forget()
    rig.provider.fault("refresh", "hang", times=None, effect=False)
    for _ in range(10):
        with suppress(ProviderError, ReloginRequiredError):
            rig.call()
    assert rig.provider.count("refresh") <= 2
