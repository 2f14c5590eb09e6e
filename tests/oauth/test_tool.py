"""The contract of the tool: what each action returns, each error code, who may cause what (conversation.md, 7)."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from skill.core.states import Action
from skill.errors import Reason
from skill.oauth.outcomes import Authorized, Denied, LoginDied, NotConnected, Pending, Refused, Troubled, in_contract
from skill.oauth.tool import SCHEMA
from skill.testing import Stage

SIGN_IN = "Sign in with my ChatGPT account"
ERRORS = {
    *("request_required", "confirmation_required", "already_connected", "not_connected", "unknown_pending_id"),
    *("rate_limited", "blocked", "region", "network", "provider_error", "no_entitlement", "storage"),
    "relogin_required",
}


@pytest.fixture
def agent(stage: Stage) -> Stage:
    """A stage where the agent's model speaks and drives the tool."""
    stage.settings = {"answers": "agent"}
    return stage


def started(agent: Stage) -> dict[str, Any]:
    assert agent.say("Ana", SIGN_IN) is None
    return agent.call_tool("Ana", "start")


def connected(agent: Stage) -> dict[str, Any]:
    started(agent)
    agent.provider.approve(agent.code)
    agent.say("Ana", "done")
    return agent.call_tool("Ana", "poll")


def is_moment(text: object) -> bool:
    return datetime.fromisoformat(str(text)).tzinfo is not None


def test_the_schema_offers_the_seven_actions() -> None:
    parameters = SCHEMA["parameters"]
    assert parameters["properties"]["action"]["enum"] == [action.value for action in Action]
    assert set(parameters["properties"]) == {"action", "pending_id", "force", "user_message"}
    assert (parameters["required"], parameters["additionalProperties"]) == (["action"], False)


def test_start_returns_the_page_the_code_and_an_opaque_id(agent: Stage) -> None:
    answer = started(agent)
    assert set(answer) == {"ok", "verification_url", "user_code", "pending_id", "expires_at", "interval"}
    assert (answer["ok"], answer["user_code"], answer["interval"]) == (True, agent.code, 5)
    assert answer["verification_url"] == agent.verification_url
    assert is_moment(answer["expires_at"])
    assert answer["pending_id"] not in (agent.code, agent.provider.codes[-1].device_auth_id)


def test_poll_says_pending_then_connected(agent: Stage) -> None:
    """A poll that got an answer is `ok` with a `status`."""
    started(agent)
    agent.say("Ana", "done")
    assert agent.call_tool("Ana", "poll") == {"ok": True, "status": "pending"}
    agent.clock.advance(timedelta(seconds=5))
    agent.provider.approve(agent.code)
    agent.say("Ana", "done")
    answer = agent.call_tool("Ana", "poll")
    assert (answer["ok"], answer["status"], answer["email"]) == (True, "connected", "ana@example.test")
    assert answer["models"][0] == "openai-codex/gpt-5-codex"


def test_a_declined_poll_says_failed_and_why_and_allows_to_start_over(agent: Stage) -> None:
    """Rule 1: a poll that ended as failed allows one more start."""
    started(agent)
    agent.provider.decline(agent.code)
    agent.say("Ana", "done")
    assert agent.call_tool("Ana", "poll") == {"ok": True, "status": "failed", "reason": "declined"}
    assert agent.call_tool("Ana", "start")["ok"]
    assert agent.call_tool("Ana", "start")["error"] == "request_required"
    assert agent.asked("start") == 2


def test_a_poll_in_flight_at_a_logout_is_not_answered_with_a_login(agent: Stage) -> None:
    started(agent)
    agent.provider.approve(agent.code)
    agent.say("Ana", "done")
    agent.line.next("exchange", "held back")

    async def both() -> dict[str, Any]:
        person = {"user_id": "ana", "conversation_id": "chat with Ana"}
        polling = asyncio.create_task(agent.skill.openai_oauth("poll", agent.pending_id, **person))
        await agent.line.stuck.wait()
        await agent.skill.handle(agent.message("Ana", "log out of ChatGPT"))
        assert (await agent.skill.openai_oauth("logout", **person))["ok"]
        agent.line.release()
        return await polling

    assert agent.run(both())["error"] == "not_connected"
    assert agent.provider.live_tokens().access == 0


def test_status_tells_nothing_and_then_who(agent: Stage) -> None:
    answer = agent.call_tool("Ana", "status")
    assert (answer["ok"], answer["state"], answer["connected"], answer["email"]) == (True, "idle", False, None)
    connected(agent)
    agent.forget_requests()
    answer = agent.call_tool("Ana", "status")
    assert (answer["state"], answer["connected"], answer["plan"]) == ("connected", True, "plus")
    assert (answer["email"], answer["account_id"]) == ("ana@example.test", "acc-ana")
    assert is_moment(answer["expires_at"]) and is_moment(answer["verified_at"])
    assert agent.asked() == 0


def test_logout_says_what_was_removed_and_revoked(agent: Stage) -> None:
    connected(agent)
    agent.say("Ana", "Log out of ChatGPT")
    assert agent.call_tool("Ana", "logout") == {"ok": True, "removed": True, "revoked": True}
    assert agent.call_tool("Ana", "status")["connected"] is False


def test_refresh_is_allowed_once_a_minute(agent: Stage) -> None:
    connected(agent)
    agent.forget_requests()
    first = agent.call_tool("Ana", "refresh")
    assert set(first) == {"ok", "expires_at"} and is_moment(first["expires_at"])
    second = agent.call_tool("Ana", "refresh")
    assert (second["error"], 0 < second["retry_after"] <= 60) == ("rate_limited", True)
    agent.clock.advance(timedelta(seconds=61))
    assert agent.call_tool("Ana", "refresh")["ok"]
    assert agent.asked("refresh") == 2


def test_models_are_live_cached_or_the_usual_three(agent: Stage) -> None:
    connected(agent)
    agent.forget_requests()
    cached = agent.call_tool("Ana", "models")
    assert (cached["source"], agent.asked("models")) == ("cache", 0)
    forced = agent.call_tool("Ana", "models", force=True)
    assert (forced["source"], agent.asked("models")) == ("live", 1)
    agent.clock.advance(timedelta(seconds=301))
    assert agent.call_tool("Ana", "models")["source"] == "live"
    agent.provider.fault("models", "500")
    assert agent.call_tool("Ana", "models", force=True)["source"] == "cache"
    assert set(cached) == {"ok", "models", "source", "fetched_at"}
    assert is_moment(cached["fetched_at"])


def test_models_that_were_never_read_are_the_usual_three(agent: Stage) -> None:
    """Section 5."""
    agent.provider.fault("models", "500", times=None)
    connected(agent)
    answer = agent.call_tool("Ana", "models", force=True)
    three = [f"openai-codex/{slug}" for slug in ("gpt-5-codex", "gpt-5", "gpt-5-mini")]
    assert (answer["source"], answer["models"]) == ("fallback", three)


def test_usage_is_live_then_cached(agent: Stage) -> None:
    connected(agent)
    answer = agent.call_tool("Ana", "usage")
    assert set(answer) == {"ok", "plan", "windows", "source", "fetched_at"}
    assert (answer["plan"], answer["source"], len(answer["windows"])) == ("plus", "live", 2)
    assert answer["windows"][0]["seconds"] == 18_000
    assert agent.call_tool("Ana", "usage")["source"] == "cache"
    assert agent.call_tool("Ana", "usage", force=True)["source"] == "live"


def test_a_dead_token_is_refreshed_once_and_the_question_asked_once_more(agent: Stage) -> None:
    """openai-codex-protocol.md, section 9."""
    connected(agent)
    agent.provider.revoke_access("ana@example.test")
    agent.forget_requests()
    assert agent.call_tool("Ana", "usage")["ok"]
    assert (agent.asked("usage"), agent.asked("refresh")) == (2, 1)


# The rules hold for whoever holds the tool.


@pytest.mark.parametrize("answers", ["hook", "agent"])
@pytest.mark.parametrize(
    ("action", "error"),
    [("start", "request_required"), ("poll", "confirmation_required"), ("logout", "request_required")],
)
def test_without_an_intent_the_provider_hears_nothing(stage: Stage, answers: str, action: str, error: str) -> None:
    stage.settings = {"answers": answers}
    for arguments in ({}, {"pending_id": "x"}, {"user_message": SIGN_IN}, {"user_message": "done"}, {"force": True}):
        assert stage.call_tool("Ana", action, **arguments)["error"] == error
    assert stage.asked() == 0


def test_an_intent_is_spent_by_one_call(agent: Stage) -> None:
    started(agent)
    assert agent.call_tool("Ana", "start")["error"] == "request_required"
    agent.say("Ana", "done")
    assert agent.call_tool("Ana", "poll")["ok"]
    assert agent.call_tool("Ana", "poll")["error"] == "confirmation_required"
    assert (agent.asked("start"), agent.asked("poll")) == (1, 1)


def test_an_intent_lasts_ten_minutes(agent: Stage) -> None:
    agent.say("Ana", SIGN_IN)
    agent.clock.advance(timedelta(minutes=10))
    assert agent.call_tool("Ana", "start")["error"] == "request_required"
    assert agent.asked("start") == 0


def test_an_intent_belongs_to_its_owner_and_conversation(agent: Stage) -> None:
    agent.say("Ana", SIGN_IN)
    where = {"conversation_id": "elsewhere"}
    refused = agent.run(agent.skill.openai_oauth("start", user_id="ana", **where))
    assert refused["error"] == "request_required"
    assert agent.call_tool("Wei", "start")["error"] == "request_required"
    assert agent.asked("start") == 0


@pytest.mark.parametrize("pending_id", [None, "", "garbage", "the user code"])
def test_a_poll_needs_its_own_pending_id(agent: Stage, pending_id: str | None) -> None:
    started(agent)
    agent.say("Ana", "done")
    shown = agent.code if pending_id == "the user code" else pending_id
    assert agent.call_tool("Ana", "poll", pending_id=shown)["error"] == "unknown_pending_id"
    assert agent.asked("poll") == 0


def test_a_poll_intent_dies_with_its_code(agent: Stage) -> None:
    """A poll intent dies with its code."""
    old = started(agent)["pending_id"]
    agent.say("Ana", "done")
    agent.say("Ana", "give me a new code")
    agent.call_tool("Ana", "start")
    assert not agent.call_tool("Ana", "poll", pending_id=old)["ok"]
    assert agent.call_tool("Ana", "poll")["error"] == "confirmation_required"
    assert agent.asked("poll") == 0


def test_a_connected_person_is_not_started_again(agent: Stage) -> None:
    """Rule 4."""
    connected(agent)
    agent.forget_requests()
    agent.say("Ana", SIGN_IN)
    assert agent.call_tool("Ana", "start")["error"] == "already_connected"
    assert agent.asked() == 0


def test_quoted_words_count_only_where_the_operator_allows_it(agent: Stage) -> None:
    agent.settings |= {"trust_quoted_words": True}
    assert agent.call_tool("Ana", "start", user_message="What's the weather?")["error"] == "request_required"
    assert agent.call_tool("Ana", "start", user_message=SIGN_IN)["ok"]
    assert agent.call_tool("Ana", "poll", user_message="not yet")["error"] == "confirmation_required"
    assert agent.call_tool("Ana", "poll", user_message="yes")["error"] == "confirmation_required"
    assert agent.call_tool("Ana", "poll", user_message="done")["status"] == "pending"


def test_a_yes_to_the_runtimes_own_question_is_worth_one_call(stage: Stage) -> None:
    """Section 7: where no hook sees the messages, the intent comes from the client's own question."""
    first = stage.call_tool("Ana", "start", agreed=True)
    second = stage.call_tool("Ana", "start", agreed=True)  # the first code can't be shown again: the person has it
    assert first["pending_id"] != second["pending_id"]
    assert stage.call_tool("Ana", "poll", pending_id=first["pending_id"], agreed=True)["error"] == "unknown_pending_id"
    stage.provider.approve(stage.code)
    assert stage.call_tool("Ana", "poll", pending_id=second["pending_id"], agreed=True)["status"] == "connected"
    assert stage.call_tool("Ana", "start", agreed=True)["error"] == "already_connected"
    assert stage.call_tool("Ana", "logout")["error"] == "request_required"
    assert stage.call_tool("Ana", "logout", agreed=True)["removed"]
    assert stage.call_tool("Ana", "poll", agreed=True)["error"] == "confirmation_required"


def test_an_unknown_action_is_a_programmers_error(stage: Stage) -> None:
    with pytest.raises(ValueError, match="dance"):
        stage.call_tool("Ana", "dance")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("500", "provider_error"),
        ("404", "provider_error"),
        ("403-html", "blocked"),
        ("403-region", "region"),
        ("429", "rate_limited"),
        ("drop", "network"),
    ],
)
def test_a_failed_call_has_a_stable_code_and_a_message(agent: Stage, fault: str, error: str) -> None:
    agent.say("Ana", SIGN_IN)
    agent.provider.fault("start", fault)
    answer = agent.call_tool("Ana", "start")
    assert (answer["ok"], answer["error"]) == (False, error)
    assert answer["message"]


@pytest.mark.parametrize("action", ["models", "usage", "refresh"])
def test_who_is_not_connected_is_told_so(stage: Stage, action: str) -> None:
    assert stage.call_tool("Ana", action)["error"] == "not_connected"
    assert stage.asked() == 0


def test_a_login_refused_for_good_needs_a_new_sign_in(agent: Stage) -> None:
    connected(agent)
    agent.provider.kill_session("ana@example.test")
    assert agent.call_tool("Ana", "refresh")["error"] == "relogin_required"
    assert agent.call_tool("Ana", "status")["connected"] is False


def test_a_store_that_is_down_is_an_error_of_the_contract(agent: Stage) -> None:
    agent.folder.parent.mkdir(parents=True, exist_ok=True)
    agent.folder.write_text("a file in the folder's place")
    for action in ("status", "start", "poll", "logout", "models"):
        assert agent.call_tool("Ana", action)["error"] == "storage"


@pytest.mark.parametrize(
    "outcome",
    [
        *(Denied(error, 7) for error in sorted(ERRORS)),
        *(Troubled(reason, 7) for reason in Reason),
        *(Refused(reason) for reason in Reason),
        *(Authorized(None, None, None, []), Pending(), LoginDied(), NotConnected()),
    ],
)
def test_every_outcome_fits_the_contract(outcome: Any) -> None:
    """`ok`; on failure `error`, `message`, and where it helps `retry_after` in seconds."""
    answer = in_contract(outcome)
    if answer["ok"]:
        assert answer["status"] in ("connected", "pending", "failed")
        return
    assert answer["error"] in ERRORS
    assert answer["message"] and "{" not in answer["message"]
    assert set(answer) <= {"ok", "error", "message", "retry_after"}


def test_a_confirmation_dies_where_the_code_has_moved_away(agent: Stage) -> None:
    """conversation.md, rule 5 and section 7: a poll belongs to the conversation that shows the code."""
    started(agent)
    agent.say("Ana", "done")
    agent.say("Ana", SIGN_IN, conversation_id="another chat")
    answer = agent.call_tool("Ana", "poll")
    assert (answer["ok"], answer["error"]) == (False, "request_required")
    assert agent.asked("poll") == 0


def test_a_start_beyond_the_limit_is_refused_to_an_agent_and_the_wait_is_told(stage: Stage) -> None:
    """conversation.md, rule 1: checked before the provider is asked; the refusal is remembered as a failed start."""
    stage.settings = {"answers": "agent", "starts_per_hour": 1}
    started(stage)
    stage.say("Ana", "cancel")
    stage.say("Ana", SIGN_IN)
    answer = stage.call_tool("Ana", "start")
    assert (answer["ok"], answer["error"]) == (False, "rate_limited")
    assert 3500 <= answer["retry_after"] <= 3600
    assert stage.asked("start") == 1
    assert stage.record("Ana").session.talk("chat with Ana").state == "failed"
