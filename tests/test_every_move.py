"""Every row of the machine's table is taken through the front door, each step judged by the model of `test_rules.py`.

trust.md, section 4: transition coverage 100 %. A walk by chance takes rare rows now and then; these take them always.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from skill.core.states import Event, State

from .taken import ROWS, Row, watched
from .test_rules import Walk

HERE, THERE = "private 1 of ana", "private 2 of ana"
REQUESTS = ("oauth", "byok", "other_vendor", "ambiguous", "status", "models", "usage", "logout", "reauth")


@contextmanager
def walk(agent: bool = False, already: str = "nothing") -> Iterator[Walk]:
    """A walk of Ana's, judged at its end too."""
    walked = Walk()
    walked.begin(agent, already)
    try:
        yield walked
        walked.nobody_starts_without_end()
        walked.no_code_in_an_address()
    finally:
        walked.teardown()


def say(walked: Walk, *kinds: str, where: str = HERE) -> None:
    for kind in kinds:
        walked.say("ana", where, kind)


def later(walked: Walk, **span: float) -> None:
    walked.let_time_pass(int(timedelta(**span).total_seconds()))


def fault(walked: Walk, endpoint: str, name: str) -> None:
    walked.stage.provider.fault(endpoint, name)


# How a conversation gets into each state where it rests, from nothing.
def nothing(_: Walk) -> None: ...


def asked_which(walked: Walk) -> None:
    say(walked, "ambiguous")


def told_why_not(walked: Walk) -> None:
    fault(walked, "start", "500")
    say(walked, "oauth")


def shown_a_code(walked: Walk) -> None:
    say(walked, "oauth")


def connected(walked: Walk) -> None:
    say(walked, "oauth")
    walked.finish("ana", "approve")


def with_a_code_elsewhere(walked: Walk) -> None:
    say(walked, "oauth", where=THERE)


def with_a_dead_login(walked: Walk) -> None:
    connected(walked)
    walked.let_a_login_break("ana", "session")
    walked.stage.clock.advance(timedelta(days=11))
    walked.call_a_model("ana")


Way = Callable[[Walk], None]
OPEN: dict[str, Way] = {"idle": nothing, "clarifying": asked_which, "failed": told_why_not}
RESTING = OPEN | {"awaiting": shown_a_code, "connected": connected}


def requests_where_it_rests() -> None:
    for arrive in RESTING.values():
        for kind in REQUESTS:
            with walk() as walked:
                arrive(walked)
                say(walked, kind)


def sign_ins_while_connected_or_shown_elsewhere() -> None:
    for elsewhere in (connected, with_a_code_elsewhere, with_a_dead_login):
        for arrive, kinds in (
            (nothing, ("oauth", "reauth")),
            (asked_which, ("choose_oauth", "ambiguous", "reauth")),
            (told_why_not, ("oauth", "retry", "ambiguous", "reauth")),
        ):
            for kind in kinds:
                with walk() as walked:
                    arrive(walked)
                    _elsewhere(walked, elsewhere)
                    # Sent before we told of the failure it is no "try again", but a request still.
                    walked.say("ana", HERE, kind, minutes_late=11 if kind == "oauth" else 0)


def _elsewhere(walked: Walk, arrive: Way) -> None:
    """The other thing happens in another conversation."""
    if arrive is with_a_code_elsewhere:
        arrive(walked)
        return
    say(walked, "oauth", where=THERE)
    walked.finish("ana", "approve")
    if arrive is with_a_dead_login:
        walked.let_a_login_break("ana", "session")
        walked.let_a_login_break("ana", "access")
        walked.call_a_model("ana")


def answers() -> None:
    for arrive, kinds in (
        (asked_which, ("choose_oauth", "choose_byok", "help", "cancel")),
        (told_why_not, ("retry", "why", "cancel")),
        (shown_a_code, ("not_yet", "help", "resend", "new_code", "cancel", "confirm")),
    ):
        for kind in kinds:
            with walk() as walked:
                arrive(walked)
                say(walked, kind)


def answers_to_a_code_that_ran_out() -> None:
    for kind in ("not_yet", "help", "resend", "oauth", "ambiguous", "reauth", "status", "new_code"):
        with walk() as walked:
            shown_a_code(walked)
            later(walked, minutes=20)
            say(walked, kind)


def what_time_ends() -> None:
    for arrive in (asked_which, told_why_not, shown_a_code):
        with walk() as walked:
            arrive(walked)
            later(walked, hours=25)
            say(walked, "status")


def polls() -> None:
    for decision in ("approve", "decline", "expire", None):
        with walk(already="code shown") as walked:
            walked.finish("ana", decision)
    with walk(already="code shown") as walked:
        fault(walked, "poll", "500")
        say(walked, "confirm")
    with walk(already="code shown") as walked:
        walked.say("ana", HERE, "confirm", minutes_late=11)
    with walk(already="code shown") as walked:
        for _ in range(4):
            if walked.people["ana"].shown_in:
                walked.finish("ana", "decline")


def calls_that_are_taken_back_or_crash() -> None:
    for words in ("cancel", "logout"):
        for already in ("nothing", "code shown"):
            with walk(already=already) as walked:
                walked.take_back_what_is_in_flight("ana", words, approved=True)
    for already, endpoint, kind in (("nothing", "start", "oauth"), ("code shown", "poll", "confirm")):
        with walk(already=already) as walked:
            walked.stage.line.next(endpoint, "crash")  # type: ignore[arg-type]
            say(walked, kind, "status")


def logins_that_break() -> None:
    for kind in ("reauth", "models", "usage"):
        with walk(already="connected") as walked:
            walked.let_a_login_break("ana", "session")
            walked.let_a_login_break("ana", "access")
            later(walked, hours=1)
            say(walked, kind)


WALKS = (
    requests_where_it_rests,
    sign_ins_while_connected_or_shown_elsewhere,
    answers,
    answers_to_a_code_that_ran_out,
    what_time_ends,
    polls,
    calls_that_are_taken_back_or_crash,
    logins_that_break,
)


@pytest.fixture(scope="module")
def taken() -> set[Row]:
    with watched() as seen:
        for walks in WALKS:
            walks()
    return seen.rows


def test_no_row_of_the_table_is_never_taken(taken: set[Row]) -> None:
    assert ROWS - taken == set()


def test_no_row_is_taken_that_is_not_in_the_table(taken: set[Row]) -> None:
    assert {row for row in taken if row.event is not Event.REFUSED} <= ROWS
    assert {row.source for row in taken} == set(State)
