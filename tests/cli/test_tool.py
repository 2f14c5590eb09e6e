"""`tool` and `diagram`: the rules hold for whoever holds the tool."""

import json
from typing import Any

from skill.core import machine
from skill.oauth.tool import SCHEMA
from skill.simulator import LocalProvider, Served

from .conftest import Chat, run

AGENT = {"CODEX_ONBOARDING_ANSWERS": "agent"}
QUOTED = {"CODEX_ONBOARDING_TRUST_QUOTED_WORDS": "1"}


def call(environment: dict[str, str], *arguments: str) -> tuple[int, Any]:
    done = run(environment, "tool", *arguments)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def test_nothing_starts_without_the_persons_words(pointed: dict[str, str], provider: LocalProvider) -> None:
    """conversation.md, section 7; quoted words count for nothing unless the operator allows them."""
    for arguments in (["start"], ["start", "--user-message", "Use my Codex subscription"], ["logout"]):
        status, answer = call(pointed, *arguments)
        assert (status, answer["error"]) == (1, "request_required")
    assert call(pointed, "poll", "--pending-id", "x")[1]["error"] == "confirmation_required"
    assert provider.requests == []


def test_an_agent_connects_with_what_the_chat_heard(
    pointed: dict[str, str], provider: LocalProvider, served: Served
) -> None:
    """The way that the help describes: `chat` with answers=agent, then `tool`."""
    with Chat(pointed | AGENT) as chat:
        assert chat.say("Use my Codex subscription") is None
        status, code = call(pointed | AGENT, "start")
        assert (status, code["verification_url"]) == (0, served.page_url)
        provider.approve(code["user_code"])
        assert call(pointed | AGENT, "poll", "--pending-id", code["pending_id"])[1]["error"] == "confirmation_required"
        assert chat.say("done") is None
    status, answer = call(pointed | AGENT, "poll", "--pending-id", code["pending_id"])
    assert (status, answer["status"], answer["email"]) == (0, "connected", "ana@example.test")
    assert provider.count("poll") == 1
    assert call(pointed, "status")[1]["connected"] is True
    assert call(pointed, "models", "--force")[1]["source"] == "live"
    assert call(pointed, "status", "--user", "another")[1]["connected"] is False


def test_quoted_words_count_where_the_operator_allows_them(pointed: dict[str, str], provider: LocalProvider) -> None:
    """The other way that the help describes."""
    status, code = call(pointed | QUOTED, "start", "--user-message", "Use my Codex subscription")
    assert (status, provider.count("start")) == (0, 1)
    unconfirmed = call(pointed | QUOTED, "poll", "--pending-id", code["pending_id"], "--user-message", "not yet")
    assert unconfirmed[1]["error"] == "confirmation_required"


def test_the_schema_is_the_tools_own(environment: dict[str, str]) -> None:
    """For LLM function calling."""
    assert json.loads(run(environment, "tool", "--schema").stdout) == SCHEMA


def test_an_action_is_needed_and_named(environment: dict[str, str]) -> None:
    """The usage error lists the seven."""
    for arguments in ([], ["start-over"]):
        done = run(environment, "tool", *arguments)
        assert done.returncode == 2 and "refresh" in done.stderr and "Traceback" not in done.stderr


def test_the_diagram_is_the_machines_own(environment: dict[str, str]) -> None:
    """Drawn from the table of moves."""
    done = run(environment, "diagram")
    assert (done.stdout, done.stderr) == (machine.diagram(), "")
