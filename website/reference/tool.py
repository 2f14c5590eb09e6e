"""The contract of `openai_oauth`: its schema, and answers that it really gave."""

import json
from collections.abc import Iterator
from typing import Any

from skill.core.machine import SPENDS_AN_INTENT
from skill.core.replies import catalogue
from skill.oauth.tool import NAME, SCHEMA
from skill.testing import Stage
from website.markdown import block, code, table

ABOUT = f"""\
# The tool

`{NAME}` is one function with seven actions. It returns a plain dict: `ok`, and on failure `error`, a `message` and
perhaps `retry_after` in seconds. {{spending}} each spend one request of the person; without one they are refused, and
the provider hears nothing. [SKILL.md](agents.md) tells an agent how to use it.

## What it answers

Each answer below was given while this page was made, by the tool, with the provider of this machine behind it.

"""
ERRORS = """
## What it refuses with

`error` is one of these, and stays so. `message` is for the model.

"""
FOR_MODELS = """
## For function calling

`codex-onboarding tool --schema` prints it.

"""
PREFIX = "error_"


def page() -> str:
    """What it answers, what it refuses with, and the schema."""
    spending = ", ".join(code(action) for action in sorted(SPENDS_AN_INTENT))
    answers = "\n".join(f"### {title}\n\n{block('json', _readable(answer))}" for title, answer in _answers())
    schema = block("json", json.dumps(SCHEMA, indent=2))
    return ABOUT.format(spending=spending) + answers + ERRORS + _errors() + FOR_MODELS + schema


def _errors() -> str:
    texts = catalogue("en").entries.items()
    rows = [[code(key.removeprefix(PREFIX)), entry.text] for key, entry in texts if key.startswith(PREFIX)]
    return table(["error", "message"], rows)


def _answers() -> Iterator[tuple[str, dict[str, Any]]]:
    """One conversation of an agent, in which every action is called once or more."""
    with Stage() as stage:
        stage.settings["answers"] = "agent"
        yield "`start`, unasked", stage.call_tool("Ana", "start")
        stage.say("Ana", "Use my Codex subscription")
        yield "`start`", stage.call_tool("Ana", "start")
        stage.say("Ana", "done")
        yield "`poll`, too early", stage.call_tool("Ana", "poll")
        stage.provider.approve(stage.code)
        stage.say("Ana", "done")
        yield "`poll`", stage.call_tool("Ana", "poll")
        for action in ("status", "models", "usage", "refresh"):
            yield code(action), stage.call_tool("Ana", action)
        stage.say("Ana", "log out of ChatGPT")
        yield "`logout`", stage.call_tool("Ana", "logout")


def _readable(answer: dict[str, Any]) -> str:
    return json.dumps(answer, indent=2, ensure_ascii=False)
