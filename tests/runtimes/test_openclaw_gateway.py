"""The plugin in the real OpenClaw gateway, which is npm's and needs a Node of its own: `make test-openclaw`."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from .conftest import made
from .hermes.canary import ANSWER
from .openclaw.world import World

SIGN_IN = "Sign in with my ChatGPT account"
KEY = "sk-proj-0123456789abcdef0123456789abcdef"

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]

Say = Callable[..., str]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def house(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(made(".openclaw"), tmp_path_factory.mktemp("openclaw"))
    runner.run(world.__aenter__())
    yield world
    runner.run(world.__aexit__())


@pytest.fixture
def world(house: World) -> Iterator[World]:
    """One gateway for all; each test counts anew."""
    house.canary.bodies.clear()
    house.provider.reset_log()
    yield house
    assert house.leaks(KEY) == []


@pytest.fixture
def say(world: World, runner: asyncio.Runner) -> Say:
    """One message; the next thing that is shown."""
    return lambda *words, **changes: runner.run(world.say(*words, **changes))


def test_an_ordinary_message_reaches_the_model(world: World, say: Say) -> None:
    assert say("Good morning!") == ANSWER
    assert world.canary.hits("Good morning!")


def test_a_person_is_connected_and_the_model_hears_nothing_of_it(world: World, say: Say) -> None:
    shown = say(SIGN_IN)
    assert world.code in shown and "/codex/device" in shown
    world.provider.approve(world.code)
    assert say("done").startswith("Connected as ")
    assert world.canary.bodies == []
    assert (world.provider.count("start"), world.provider.count("poll")) == (1, 1)
    assert say("Now tell me about otters.") == ANSWER
    assert not world.canary.hits("And enter this code")


def test_a_stranger_is_answered_by_the_host_alone(world: World, say: Say) -> None:
    assert "openclaw pairing approve telegram" in say(SIGN_IN, 666)
    assert (world.provider.count(), world.canary.bodies) == (0, [])


def test_a_room_gets_one_pointer_and_no_code(world: World, say: Say) -> None:
    assert "private chat" in say(SIGN_IN, chat={"id": -100, "type": "supergroup", "title": "Room"})
    assert (world.provider.count(), world.canary.bodies) == (0, [])


def test_what_comes_again_or_is_edited_is_not_answered_again(world: World, runner: asyncio.Runner, say: Say) -> None:
    request = world.message(SIGN_IN, 8)
    shown = runner.run(world.hear(request, request))
    assert world.code in shown
    edited = {"update_id": request["update_id"] + 1000, "edited_message": request["message"] | {"text": "done"}}
    world.provider.approve(world.code)
    assert runner.run(world.hear(edited, world.message("Any otters?", 8))) == ANSWER
    assert (world.provider.count("start"), world.provider.count("poll")) == (1, 0)


def test_a_pasted_key_is_kept_from_the_model(world: World, say: Say) -> None:
    assert "rotate the key" in say(f"Add my OpenAI API key {KEY}")
    assert say("And the otters?") == ANSWER


@pytest.mark.parametrize("fault", ["503", "drop"])
def test_a_broken_provider_is_told(world: World, say: Say, fault: str) -> None:
    say("log me out of ChatGPT", 8)
    world.provider.fault("start", fault)
    assert "try again" in say(SIGN_IN, 8)
    assert world.canary.bodies == []
