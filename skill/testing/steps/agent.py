"""What the agent does that holds the tool, and what a model is asked."""

import yaml
from pytest_bdd import parsers, then, when

from skill.testing.stage import Stage


@when(parsers.re(r"the agent calls (?P<action>\w+) for (?P<who>\w+)(?: with (?P<name>\w+) (?P<value>.+))?$"))
def agent_calls(stage: Stage, action: str, who: str, name: str | None, value: str | None) -> None:
    """`value` is YAML; a poll is for the code that the agent started last, unless told otherwise."""
    stage.call_tool(who, action, **({name: yaml.safe_load(value)} if name and value else {}))


@then("the tool answers:")
def tool_answers(stage: Stage, docstring: str) -> None:
    """The doc string is YAML: the fields that matter."""
    wanted = yaml.safe_load(docstring)
    assert {name: stage.answer.get(name) for name in wanted} == wanted


@when(parsers.parse("a model is called with {who}'s subscription"))
def model_called(stage: Stage, who: str) -> None:
    stage.call_model(who)
