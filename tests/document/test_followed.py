"""Whoever follows SKILL.md to the letter signs a person in, and can't do what the person didn't ask for.

Here it is followed by a few lines of code that know nothing but the document: the order of its steps, and its table of
what a person may say meanwhile.
"""

import re
from datetime import timedelta

import pytest

from skill.core.machine import SPENDS_AN_INTENT
from skill.testing import Stage

from .kit import BOTH, Document, Row

both = pytest.mark.parametrize("document", BOTH, ids=["en", "zh"])
MEANWHILE = [(document, words, row) for document in BOTH for row in document.meanwhile.rows for words in row.quoted(0)]


@pytest.fixture
def agent(stage: Stage) -> Stage:
    """The hook only listens; the agent speaks, and holds the tool."""
    stage.settings["answers"] = "agent"
    return stage


@pytest.fixture
def shown(agent: Stage) -> Stage:
    """She asked, and the code is on screen."""
    agent.say("Ana", "Use my Codex subscription")
    agent.call_tool("Ana", "start")
    return agent


@both
def test_the_six_steps_connect_with_one_start_and_one_poll(document: Document, agent: Stage) -> None:
    status, start, poll = (re.search(r"`(status|start|poll)`", document.flow.items[at]) for at in (0, 1, 4))
    assert status and start and poll
    agent.say("Ana", "Use my Codex subscription")
    assert agent.call_tool("Ana", status[1])["connected"] is False
    on_screen = document.flow.blocks[0].format_map(agent.call_tool("Ana", start[1]))
    assert on_screen.splitlines()[3] == f"  {agent.code}" and agent.code not in on_screen.splitlines()[1]
    agent.provider.approve(agent.code)
    agent.say("Ana", document.meanwhile.rows[0].quoted(0)[0])
    answer = agent.call_tool("Ana", poll[1])
    told = document.flow.blocks[2].format(email=answer["email"], model=answer["models"][0])
    assert told == "Connected as ana@example.test. You can switch with `/model openai-codex/gpt-5-codex`."
    assert agent.requests() == ["start", "poll", "exchange", "models"]


DENIED = {"request_required", "confirmation_required", "unknown_pending_id"}


def allowed(agent: Stage) -> set[str]:
    """Which of the calls that cost the person's word the tool would make now."""
    answers = {action.value: agent.call_tool("Ana", action.value) for action in sorted(SPENDS_AN_INTENT, reverse=True)}
    return {action for action, answer in answers.items() if answer.get("error") not in DENIED}


@pytest.mark.parametrize(
    ("document", "words", "row"), MEANWHILE, ids=[f"{document.name}: {words}" for document, words, _ in MEANWHILE]
)
def test_what_a_person_says_meanwhile_allows_the_call_of_its_row_and_no_other(
    shown: Stage, document: Document, words: str, row: Row
) -> None:
    shown.provider.approve(shown.code)
    assert shown.say("Ana", words) is None
    unless_it_ran_out = re.search(r"(?:if the code has run out|如果验证码已过期)", row.cells[1])
    assert allowed(shown) == (set() if unless_it_ran_out else set(row.names(1)))


@both
def test_once_the_code_has_run_out_showing_it_again_is_a_new_start(document: Document, shown: Stage) -> None:
    """The one row with a condition."""
    (row,) = [row for row in document.meanwhile.rows if re.search(r"run out|已过期，", row.cells[1])]
    shown.clock.advance(timedelta(minutes=16))
    shown.say("Ana", row.quoted(0)[0])
    assert row.names(1) == ["start"]
    assert shown.call_tool("Ana", "start")["ok"] is True


def test_a_bare_yes_counts_for_two_minutes(shown: Stage) -> None:
    """What the document says below its table."""
    shown.clock.advance(timedelta(minutes=2))
    shown.say("Ana", "yes")
    assert shown.call_tool("Ana", "poll")["error"] == "confirmation_required"
    shown.say("Ana", "done")
    assert shown.call_tool("Ana", "poll")["status"] == "pending"


def test_after_a_failed_poll_it_may_start_over_three_times(agent: Stage) -> None:
    """Step 5."""
    agent.say("Ana", "Use my Codex subscription")
    started = [agent.call_tool("Ana", "start")["ok"]]
    for _ in range(4):
        agent.provider.decline(agent.code)
        agent.say("Ana", "done")
        assert agent.call_tool("Ana", "poll")["reason"] == "declined"
        started.append(agent.call_tool("Ana", "start")["ok"])
    assert started == [True, True, True, True, False]


@pytest.mark.parametrize(
    ("reported", "refresh", "starts"), [(True, "not_connected", True), (False, "relogin_required", False)]
)
def test_a_login_that_is_gone_starts_over_after_the_person_s_own_report(
    shown: Stage, reported: bool, refresh: str, starts: bool
) -> None:
    """Under the heading on reauth."""
    shown.provider.approve(shown.code)
    shown.say("Ana", "done")
    shown.call_tool("Ana", "poll")
    shown.provider.kill_session("ana@example.test")
    if reported:
        shown.say("Ana", "my ChatGPT connection stopped working")
    assert shown.call_tool("Ana", "refresh")["error"] == refresh
    assert shown.call_tool("Ana", "start")["ok"] is starts
