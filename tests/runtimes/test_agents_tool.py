"""The tool as the agent SDKs take it, without any of them (docs/runtimes/agents.md)."""

import inspect
import json
import logging
from typing import Any, get_type_hints

import pytest
from pydantic import TypeAdapter

from skill import Message
from skill.oauth.tool import NAME, SCHEMA
from skill.runtimes.agents import wrap_tool
from skill.testing import Stage

from .kit import SIGN_IN


class Context:
    """In the place of an SDK's."""

    def __init__(self, message: Message | None) -> None:
        self.message = message


def who(run: Context) -> Message | None:
    return run.message


def message(**changes: Any) -> Message:
    usual = {"message_id": "m1", "conversation_id": "c", "user_id": "ana", "private": True, "platform": "mychat"}
    return Message(**{"text": SIGN_IN, **usual, **changes})


def call(stage: Stage, said: Message | None, **arguments: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(stage.run(wrap_tool(stage.skill, who)(Context(said), **arguments)))
    return answer


def test_its_arguments_are_those_of_the_schema_after_the_sdks_context(stage: Stage) -> None:
    tool: Any = wrap_tool(stage.skill, who)
    context, *arguments = inspect.signature(tool).parameters.values()
    assert (tool.__name__, tool.__doc__) == (NAME, SCHEMA["description"])
    assert inspect.iscoroutinefunction(tool)
    assert (context.name, context.annotation) == ("run", Context)
    properties = SCHEMA["parameters"]["properties"]
    assert [each.name for each in arguments] == list(properties)
    assert [each.name for each in arguments if each.default is each.empty] == SCHEMA["parameters"]["required"]
    hints = get_type_hints(tool, include_extras=True)
    offered = {name: TypeAdapter(hints[name]).json_schema() for name in properties}
    assert offered["action"]["enum"] == properties["action"]["enum"]
    for name, each in properties.items():
        assert offered[name]["description"] == each["description"]


def test_a_host_that_knows_who_is_writing_without_a_context_names_none(stage: Stage) -> None:
    tool = wrap_tool(stage.skill, lambda: message())
    assert list(inspect.signature(tool).parameters) == list(SCHEMA["parameters"]["properties"])
    assert json.loads(stage.run(tool("status")))["ok"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("action", "missing"),
    [("start", "request_required"), ("poll", "confirmation_required"), ("logout", "request_required")],
)
def test_without_the_persons_words_nothing_is_done(stage: Stage, action: str, missing: str) -> None:
    answer = call(stage, message(), action=action, pending_id="p", user_message=SIGN_IN)
    assert (answer["ok"], answer["error"]) == (False, missing)
    assert stage.asked() == 0


def test_what_an_sdk_leaves_empty_counts_as_not_given(stage: Stage) -> None:
    assert call(stage, message(), action="status", pending_id=None, force=False, user_message=None)["ok"]


@pytest.mark.parametrize("said", [None, message(private=False), message(user_id=None)], ids=["none", "room", "nobody"])
def test_a_call_in_a_room_or_for_nobody_in_particular_is_refused(stage: Stage, said: Message | None) -> None:
    assert call(stage, said, action="status")["error"] == "request_required"


def test_who_is_meant_comes_from_the_host_and_never_from_an_argument(stage: Stage) -> None:
    stage.run(stage.skill.handle(message()))
    stage.provider.approve(stage.code)
    stage.run(stage.skill.handle(message(message_id="m2", text="done")))
    assert call(stage, message(), action="status")["connected"]
    assert not call(stage, message(user_id="bo"), action="status")["connected"]
    assert call(stage, message(user_id="bo"), action="status", user_id="ana")["ok"] is False


def test_an_action_that_there_is_not_is_said_to_the_model(stage: Stage) -> None:
    assert call(stage, message(), action="steal")["error"] == "unknown_action"


@pytest.mark.parametrize("fault", [RuntimeError, ValueError])
def test_a_context_that_breaks_is_logged_without_its_words(
    stage: Stage, caplog: pytest.LogCaptureFixture, fault: type[Exception]
) -> None:
    def breaks() -> Message:
        raise fault("ana's own words")

    with caplog.at_level(logging.ERROR):
        answer = stage.run(wrap_tool(stage.skill, breaks)("status"))  # type: ignore[arg-type]
    assert json.loads(answer)["error"] == "storage"
    assert fault.__name__ in caplog.text and "own words" not in caplog.text + answer
