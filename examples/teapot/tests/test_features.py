"""Every scenario of `features/`: the steps of the kit, and a few of Teapot's own."""

import re

import pytest
from pytest_bdd import parsers, scenarios, then, when

from skill.testing import Stage
from teapot import Event, Teapot

pytest_plugins = ["skill.testing.steps"]

scenarios(".")


class Room:
    """Teapot on the kit's stage, and what it said last."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.teapot = Teapot(stage.skill, stage.client, ["Kim", "Lee", "Max", "Zoe"])
        self.said: list[str] = []
        self._count = 0

    def hears(self, who: str, text: str, private: bool) -> None:
        self._count += 1
        room = f"chat with {who}" if private else "the team's room"
        event = Event(f"event {self._count}", room, who.lower(), text, private)
        self.said = self._stage.run(self.teapot.on_message(event))


@pytest.fixture
def room(stage: Stage) -> Room:
    return Room(stage)


@when(parsers.re(r"(?P<who>\w+) writes \"(?P<text>.*)\" to Teapot(?P<where> in the team's room)?$"))
def writes(room: Room, who: str, text: str, where: str | None) -> None:
    room.hears(who, text, private=not where)


@then(parsers.re(r"Teapot says \"(?P<text>.*)\"$"))
def says(room: Room, text: str) -> None:
    assert text in room.said


@then("Teapot says:")
def says_on_several_lines(room: Room, stage: Stage, docstring: str) -> None:
    values = {"verification_url": stage.verification_url, "user_code": stage.code}
    assert re.sub(r"{(\w+)}", lambda name: values[name[1]], docstring) in room.said


@then(parsers.re(r"Teapot says (?P<number>\d+) messages?$"))
def says_so_many(room: Room, number: str) -> None:
    assert len(room.said) == int(number), room.said


@then("the minutes are empty")
def minutes_are_empty(room: Room) -> None:
    assert room.teapot.minutes == []
