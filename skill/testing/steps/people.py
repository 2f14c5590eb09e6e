"""What people say and do."""

import re
from datetime import timedelta
from typing import Any

from pytest_bdd import parsers, step, when

from skill.testing.manners import MANNERS, place
from skill.testing.stage import Stage

_HOW = r"(?: (?P<how>in (?:a|an|another) [^\"]+))?"
_PLACE = re.compile(r"in (?:a (shared room|chat with \w+)|(another chat))")
_HOW_OF = {
    "in a message": {},
    "in a message without an id": MANNERS["without an id"],
    "in a message without a user": MANNERS["without a user"],
    "in an edited message": MANNERS["edited"],
    "in a forwarded message": MANNERS["forwarded"],
    "in a bot's message": MANNERS["from a bot"],
}


@when(parsers.re(r"(?P<who>\w+) says \"(?P<text>.*)\"" + _HOW + r"(?: (?P<times>\d+) times)?$"))
def says(stage: Stage, who: str, text: str, how: str | None, times: str | None) -> None:
    for _ in range(int(times or 1)):
        stage.deliver(stage.message(who, text, **_manner(stage, how, text)))


@when(parsers.re(r"(?P<who>\w+) says \"(?P<text>.*)\", delivered (?P<times>\d+) times at once$"))
def says_delivered_often(stage: Stage, who: str, text: str, times: str) -> None:
    stage.deliver(stage.message(who, text), int(times))


@when(parsers.re(r"the message \"(?P<text>.*)\" is delivered (?P<again>again|\d+ more times at once)" + _HOW + "$"))
def delivered_again(stage: Stage, text: str, again: str, how: str | None) -> None:
    message = stage.find(text).model_copy(update=_manner(stage, how, text))
    stage.deliver(message, 1 if again == "again" else int(again.removesuffix(" more times at once")))


@step(parsers.re(r"(?P<who>\w+) (?P<does>approves|declines) the code(?: as \"(?P<account>[^\"]+)\")?$"))
def decides(stage: Stage, does: str, account: str | None) -> None:
    """On the provider's page; the code is the latest."""
    if does == "declines":
        stage.provider.decline(stage.code)
    else:
        stage.provider.approve(stage.code, account or "ana@example.test")


def _manner(stage: Stage, how: str | None, text: str) -> dict[str, Any]:
    """What a manner of speaking changes about the message."""
    spoken, _, sent = (how or "").partition(" sent ")
    spoken = spoken.rstrip(",")
    where = _PLACE.fullmatch(spoken)
    changes = _place(where) if where else dict(_HOW_OF.get(spoken, {}))
    if spoken.startswith("in a message of "):
        changes["text"] = text.rjust(int(spoken.split()[4]), "\n")
    if sent:
        number, unit, _ago = sent.split()
        changes["sent_at"] = stage.clock.now() - timedelta(**{unit: int(number)})
    return changes


def _place(where: re.Match[str]) -> dict[str, Any]:
    named = where[1] or where[2]
    return place(f"a {named}" if named.startswith("chat with") else named)
