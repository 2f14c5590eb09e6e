"""Given: how things stand."""

import yaml
from pytest_bdd import given, parsers, step

from skill.testing.host import Host
from skill.testing.stage import Stage
from skill.testing.steps.replies import state_of


@given(parsers.parse("the operator has set {name} to {value}"))
def operator_setting(stage: Stage, name: str, value: str) -> None:
    """`value` is YAML."""
    stage.settings[name] = yaml.safe_load(value)


@given("a host with its own tool, which answers:")
def host_tool(stage: Stage, docstring: str) -> None:
    """The doc string is YAML: an answer for each action."""
    stage.host = Host(yaml.safe_load(docstring))


@given(parsers.parse("{number:d} workers serve the same data folder"))
def several_workers(stage: Stage, number: int) -> None:
    stage.workers = number


@given("the data folder is taken by a file")
def folder_taken(stage: Stage) -> None:
    stage.folder.write_text("mine")


@given("the provider listens on a real port")
def real_port(stage: Stage) -> None:
    stage.listen()


@given(parsers.parse('{who}\'s chat client is set to "{language}"'))
def client_language(stage: Stage, who: str, language: str) -> None:
    stage.languages[who] = language


@step(parsers.parse('the account "{account}" has {field} {value}'))
def account_has(stage: Stage, account: str, field: str, value: str) -> None:
    """`value` is YAML; an account that the provider doesn't know is new."""
    stage.change_account(account, {field: yaml.safe_load(value)})


@given(parsers.re(r"(?P<who>\w+) has been shown a code$"))
def shown_a_code(stage: Stage, who: str) -> None:
    stage.say(who, "Sign in with my ChatGPT account")
    assert state_of(stage) == "awaiting_confirm"
    stage.forget_requests()


@given(parsers.re(r"(?P<who>\w+) is connected(?: as \"(?P<account>[^\"]+)\")?$"))
def connected(stage: Stage, who: str, account: str | None) -> None:
    stage.say(who, "Sign in with my ChatGPT account")
    stage.provider.approve(stage.code, account or "ana@example.test")
    stage.say(who, "done")
    assert state_of(stage) == "connected"
    stage.forget_requests()
