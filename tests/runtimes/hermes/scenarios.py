"""What Hermes Agent does with the plugin: a real gateway, a real model's protocol, nothing patched but one address."""

import asyncio
import json
from collections.abc import Iterator
from importlib import import_module
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import pytest

from skill.core.replies import catalogue
from skill.runtimes.hermes.engine import Engine
from skill.runtimes.hermes.gate import Gate
from skill.runtimes.hermes.keeper import Keeper
from skill.runtimes.hermes.last_line import LastLine
from skill.runtimes.hermes.seats import Seats, message_of
from skill.runtimes.hermes.tool import Tool
from skill.settings import Settings

from .canary import ANSWER
from .world import World

SIGN_IN = "Sign in with my ChatGPT account"
EN = catalogue("en")


@pytest.fixture(scope="module")
def house() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture
def world(house: World) -> Iterator[World]:
    house.canary.bodies.clear()
    house.provider.reset_log()
    yield house
    house.provider.clear_faults()
    assert house.leaks() == []


def test_an_ordinary_message_reaches_the_model(world: World) -> None:
    assert ANSWER in world.say("bo", "Good morning! What's on my calendar today?")
    assert world.canary.hits("calendar today") >= 1


def test_a_person_is_connected_and_the_model_hears_nothing_of_it(world: World) -> None:
    """runtimes.md, section 3.1, way (b): 0 hits, and nothing of it in the next turn either."""
    (shown,) = world.say("ana", SIGN_IN)
    assert world.code in shown and "/codex/device" in shown
    assert "No hurry" in world.say("ana", "not yet")[0]
    world.provider.approve(world.code)
    (connected,) = world.say("ana", "done")
    assert connected.startswith("Connected as ana@example.test.")
    assert world.canary.turns == []
    assert (world.provider.count("start"), world.provider.count("poll")) == (1, 1)
    assert ANSWER in world.say("ana", "Thanks! Now tell me about otters.")
    assert world.canary.hits("otters") and not world.canary.hits(SIGN_IN)


def test_a_stranger_is_answered_by_the_host_alone(world: World) -> None:
    """Section 4.3: no device flow for somebody whom the host wouldn't let in."""
    (answer,) = world.say("mallory", SIGN_IN)
    assert "pairing code" in answer
    assert world.say(None, SIGN_IN, chat_id="channel") == []
    assert (world.provider.count(), world.canary.turns) == (0, [])


def test_a_group_gets_one_pointer_and_no_code(world: World) -> None:
    """trust.md, section 3: not private: no code, no provider call."""
    for kind in ("group", "channel", "thread"):
        assert EN.text("private") in world.say("bo", SIGN_IN, chat_id=f"room-{kind}", chat_type=kind)
    assert (world.provider.count(), world.canary.turns) == (0, [])


def test_the_same_message_again_starts_nothing_again(world: World) -> None:
    """Section 4.8: the gateway doesn't dedupe; an edit comes with the same id."""
    (first,) = world.say("dee", SIGN_IN, message_id="d1")
    (again,) = world.say("dee", SIGN_IN, message_id="d1")
    assert first == again
    assert world.say("dee", "done", message_id="d1") == [first]
    assert (world.provider.count("start"), world.provider.count("poll")) == (1, 0)
    world.say("dee", "cancel")


def test_a_bots_message_is_the_hosts(world: World) -> None:
    assert ANSWER in world.say("bo", SIGN_IN, is_bot=True)
    assert world.provider.count() == 0


def test_a_yes_to_something_else_goes_on_to_the_model(world: World) -> None:
    """After a restart nobody knows what it answers until the store was asked; then the model has it."""
    assert ANSWER in world.say("eve", "yes")
    assert world.canary.turns[-1]["messages"][-1]["content"].startswith("yes")
    assert ANSWER in world.say("eve", "ok")
    assert len(world.canary.turns) == 2
    assert world.canary.turns[-1]["messages"][-1]["content"] == "ok"


def test_a_hand_off_tells_and_lets_the_model_go_on(world: World) -> None:
    answers = world.say("bo", "Add OpenAI API key")
    assert answers[-1] == ANSWER and "byok" in answers[0].lower()
    assert world.canary.hits("Add OpenAI API key")


def test_a_pasted_key_is_kept_from_the_model(world: World) -> None:
    """Pitfall 4.5: a sensitive reply, and the message is not passed on."""
    key = "sk-proj-" + "Ab3dEf6h" * 6
    (answer,) = world.say("bo", f"Add my OpenAI API key {key}")
    assert key not in answer
    world.say("bo", "And what about otters?")
    assert not world.canary.hits(key)


def test_the_bare_command_knows_nobody(world: World) -> None:
    """Section 4.7: a command carries no identity, so it does nothing by itself."""
    assert world.say("bo", "/openai-oauth start") == [EN.text("in_words")]
    assert world.provider.count() == 0


def test_an_error_of_the_hook_gives_no_message_to_the_model(world: World) -> None:
    """Section 4.1: the host fails open, so the hook has to close by itself."""

    async def odd() -> None:
        event = world.event("bo", f"{SIGN_IN}, the odd way")
        event.metadata = None
        await world.adapter.handle_message(event)
        await world.rest()

    before = len(world.sent)
    world.run(odd())
    assert world.sent[before:] == [] and not world.canary.hits("the odd way")


@pytest.mark.parametrize("fault", ["hang", "503", "drop"])
def test_a_slow_or_broken_provider_is_told(world: World, fault: str) -> None:
    world.provider.fault("start", fault)
    (answer,) = world.say("bo", SIGN_IN)
    assert "again" in answer
    assert (world.canary.turns, world.provider.count("start")) == ([], 1)


def test_the_tool_knows_who_asks_from_the_host(world: World) -> None:
    """trust.md, section 3: identity from the transport, never from arguments."""
    results = {}
    for who in ("ana", "bo"):
        world.canary.calls = [{"action": "status", "user_id": "ana"}]
        world.say(who, "Am I signed in?")
        results[who] = json.loads(world.canary.turns[-1]["messages"][-1]["content"])
    assert (results["ana"]["email"], results["bo"]["connected"]) == ("ana@example.test", False)


@pytest.mark.parametrize("action", ["start", "poll", "logout"])
def test_the_model_changes_nothing_by_itself(world: World, action: str) -> None:
    """Section 4.6: each needs the person's own words."""
    world.canary.calls = [{"action": action, "pending_id": "x", "user_message": SIGN_IN}]
    world.say("ana", "Please tidy up my desk.")
    result = json.loads(world.canary.turns[-1]["messages"][-1]["content"])
    assert result["error"] in ("request_required", "confirmation_required", "already_connected")
    assert world.provider.count() == 0


def test_the_tool_is_shut_in_a_shared_room(world: World) -> None:
    world.canary.calls = [{"action": "status"}]
    world.say("ana", "Am I signed in?", chat_id="room", chat_type="group")
    told = world.canary.turns[-1]["messages"][-1]["content"]
    assert "private chat" in told and "ana@example.test" not in told


def test_a_request_during_a_turn_is_stopped_by_the_last_line(world: World) -> None:
    """Section 4.2: the hook doesn't see what is said while a turn runs."""
    sent = world.during("bo", "Tell me a long story about otters.", "Connect my ChatGPT Plus")
    assert EN.text("try_again") in sent
    assert world.canary.hits("otters") and not world.canary.hits("ChatGPT Plus")
    assert world.provider.count() == 0


def test_a_key_pasted_during_a_turn_is_taken_out(world: World) -> None:
    key = "sk-proj-" + "Zy9xWv8u" * 6
    world.during("bo", "Tell me another story about otters.", f"and my key is {key} by the way")
    assert world.canary.hits("otters") and not world.canary.hits(key)


def test_the_job_is_done_when_the_model_answers(world: World) -> None:
    """The login moves to the host that keeps logins, the models are in its selector, and one of them answers."""
    world.say("cy", SIGN_IN)
    world.provider.approve(world.code)
    world.say("cy", "done")
    assert "kept by hermes" in world.say("cy", "Am I connected to ChatGPT?")[0]
    assert "OpenAI Codex" in world.say("cy", "/model openai-codex/gpt-5-codex")[0]
    assert world.say("cy", "Good evening!")[-1].startswith("Hello from gpt-5-codex.")
    assert world.provider.count("responses") and not world.canary.hits("Good evening!")


def test_a_later_sign_in_takes_the_earlier_ones_place(world: World) -> None:
    """A login has one owner: the one that was moved before is not kept beside the new one."""
    world.say("cy", SIGN_IN)
    world.provider.approve(world.code)
    world.say("cy", "done")
    kept = json.loads((world.home / "auth.json").read_text())["credential_pool"]["openai-codex"]
    assert [entry["label"] for entry in kept] == ["ana@example.test"]


def test_nobody_elses_login_moves(world: World) -> None:
    """Only whom the operator named in `login_of`: the host shares its logins among all its users."""
    world.canary.calls = [{"action": "status"}]
    world.say("ana", "Am I signed in, and where?")
    assert json.loads(world.canary.turns[-1]["messages"][-1]["content"])["connected"] is True


def test_a_dead_access_token_is_refreshed_by_the_host_on_the_way(world: World) -> None:
    """openai-codex-protocol.md, section 6. The login is Hermes' own by now, so it is Hermes that refreshes it."""
    world.provider.revoke_access("ana@example.test", "token_expired")
    assert world.say("cy", "Are you still there?")[-1].startswith("Hello from gpt-5-codex.")
    assert world.provider.count("refresh") == 1
    assert not world.canary.hits("Are you still there?")


def test_a_revoked_login_asks_for_a_new_sign_in(world: World) -> None:
    """conversation.md, section 6: nothing starts by itself. A running session of the host's keeps the old login
    until its model is chosen anew, as "Connected as …" says."""
    world.provider.kill_session("ana@example.test")
    assert "authentication failed" in world.say("cy", "Hello again?")[0]
    assert "sign in with my ChatGPT account" in world.say("cy", "ChatGPT gives me a 401 error")[0]
    assert (world.provider.count("start"), world.canary.turns) == (0, [])
    world.say("cy", SIGN_IN)
    world.provider.approve(world.code)
    world.say("cy", "done")
    world.say("cy", "/model openai-codex/gpt-5-codex")
    assert world.say("cy", "And now?")[-1].startswith("Hello from gpt-5-codex.")


def test_the_document_for_agents_can_be_read(world: World) -> None:
    shown = json.loads(import_module("tools.skills_tool").skill_view("chatgpt-codex-onboarding:sign-in"))
    assert shown["success"] and "Never poll by yourself" in shown["content"]


def test_the_hook_is_plain_and_takes_what_the_host_gives(world: World) -> None:
    """Section 4.10: an async hook would be never awaited in 0.19; and more keywords may come."""
    hooks = import_module("hermes_cli.plugins").get_plugin_manager()._hooks["pre_gateway_dispatch"]
    (ours,) = [hook for hook in hooks if hook.__module__.startswith("skill.")]
    assert not iscoroutinefunction(ours)
    assert ours(event=world.event("bo", "Hello"), gateway=None, something_new=1) is None


def test_where_the_agent_speaks_its_calls_follow_the_persons_words(world: World, tmp_path: Path) -> None:
    """conversation.md, section 7: the hook mints and lets the model have the message, which then drives the tool."""
    engine, seats = Engine(Settings(home=tmp_path / "agent", answers="agent")), Seats()
    gate, tool = Gate(engine, seats, Keeper(engine, "nobody")), Tool(engine, seats)
    bind = import_module("gateway.session_context").set_session_vars

    async def say(text: str) -> None:
        rewritten = gate.on_message(event=world.event("eve", text), gateway=world.gateway)
        assert rewritten
        turn = asyncio.create_task(gate.on_command(rewritten["text"].partition(" ")[2]))
        await world.rest()
        assert turn.result() is None

    async def call(**args: Any) -> dict[str, Any]:
        bind(platform="memchat", chat_id="chat-eve", user_id="eve")
        return dict(json.loads(await asyncio.to_thread(tool.call, args)))

    async def talk() -> None:
        assert (await call(action="start"))["error"] == "request_required"
        await say(SIGN_IN)
        started = await call(action="start")
        world.provider.approve(world.code)
        await say("done")
        assert (await call(action="poll", pending_id=started["pending_id"]))["status"] == "connected"
        assert (await call(action="poll", pending_id=started["pending_id"]))["error"] == "confirmation_required"
        assert (await call(action="dance"))["error"] == "unknown_action"

    world.run(talk())
    engine.close()
    assert world.canary.hits(SIGN_IN)


def test_a_restart_forgets_no_sign_in(world: World, tmp_path: Path) -> None:
    """What a "done" answers stands in the store; a new process asks it once."""
    settings = Settings(home=tmp_path / "restarted")

    def process() -> tuple[Engine, Gate]:
        engine = Engine(settings)
        return engine, Gate(engine, Seats(), Keeper(engine, "nobody"))

    async def say(gate: Gate, text: str) -> str | None:
        rewritten = gate.on_message(event=world.event("eve", text), gateway=world.gateway)
        assert rewritten
        return await gate.on_command(rewritten["text"].partition(" ")[2])

    before, gate = process()
    world.run(say(gate, SIGN_IN))
    before.close()
    world.provider.approve(world.code)
    after, gate = process()
    assert (world.run(say(gate, "done")) or "").startswith("Connected as")
    after.close()


def test_a_token_is_good_once_and_not_for_long(world: World) -> None:
    """A stranger's is never spent by the host, and dies."""
    passed = [0.0]
    engine = Engine(Settings())
    gate = Gate(engine, Seats(), Keeper(engine, "nobody"), lambda: passed[0])
    rewritten = gate.on_message(event=world.event("eve", SIGN_IN), gateway=world.gateway)
    assert rewritten
    passed[0] = 30.0
    assert world.run(gate.on_command(rewritten["text"].partition(" ")[2])) == EN.text("in_words")
    assert world.provider.count() == 0


def test_where_no_answer_can_be_put_in_the_models_place_its_words_are(world: World) -> None:
    """Each of the host's API modes has an answer of another form; what it sends is known in all of them."""
    seats, sent, event = Seats(), list[dict[str, Any]](), world.event("eve", "Hello")
    seats.take(event, message_of(event))
    import_module("gateway.session_context").set_session_vars(platform="memchat", chat_id="chat-eve", user_id="eve")
    spoken = {"role": "user", "content": [{"type": "input_text", "text": SIGN_IN}]}
    LastLine(seats).on_execution(request={"input": [spoken]}, next_call=sent.append, api_mode="codex_responses")
    assert len(sent) == 1 and SIGN_IN not in str(sent) and EN.text("try_again") in str(sent)
