"""`report`, `trail` and `forget`, as a person runs them."""

import json
from datetime import datetime

import pytest

from skill.simulator import LocalProvider

from .conftest import Chat, run


@pytest.fixture
def connected(pointed: dict[str, str], provider: LocalProvider) -> dict[str, str]:
    """The surroundings of somebody who signed in."""
    with Chat(pointed, "--user", "ana") as chat:
        chat.say("Sign in with my ChatGPT account")
        provider.approve(provider.codes[-1].user_code)
        chat.say("done")
    return pointed


def test_report_prints_the_funnel(connected: dict[str, str]) -> None:
    done = run(connected, "report", "--json")
    reached = json.loads(done.stdout)["reached"]
    assert {name: count["people"] for name, count in reached.items()} == {
        "started": 1,
        "code shown": 1,
        "confirmed": 1,
        "connected": 1,
    }
    assert "connected" in run(connected, "report").stdout


def test_trail_prints_one_persons_steps(connected: dict[str, str]) -> None:
    lines = run(connected, "trail", "--user", "ana").stdout.splitlines()
    assert [line.split("  ", 2)[2] for line in lines] == ["oauth", "code_issued", "confirm", "authorized"]
    entries = [json.loads(line) for line in run(connected, "trail", "--user", "ana", "--json").stdout.splitlines()]
    assert [entry["after"] for entry in entries] == ["started", "awaiting_confirm", "polling", "connected"]
    assert datetime.fromisoformat(entries[0]["at"]).tzinfo
    assert run(connected, "trail", "--user", "wei").stdout == ""


def test_forget_asks_first_and_then_deletes_everything(connected: dict[str, str], provider: LocalProvider) -> None:
    refused = run(connected, "forget", "--user", "ana", lines="n\n")
    assert refused.returncode == 1
    assert provider.count("revoke") == 0
    assert "rows were deleted" in run(connected, "forget", "--user", "ana", lines="y\n").stdout
    assert provider.count("revoke") == 1
    assert "Nothing was stored" in run(connected, "forget", "--user", "ana", "--yes").stdout
