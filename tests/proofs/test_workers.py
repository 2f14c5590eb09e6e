"""Real processes on one database: they open it at once, get the same message, and die in the middle.

conversation.md, sections 2 and 3; the same on every engine.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skill.stores.migrations import MIGRATIONS

from ..databases import Database
from .kit import DONE, LOG_OUT, SIGN_IN, keys_in
from .processes import Site

LEASE = 31.0  # seconds, more than a turn's lease
WORKERS = 3


@pytest.fixture
def site(tmp_path: Path, database: Database) -> Iterator[Site]:
    with Site(tmp_path, database.address).open() as site:
        yield site


def everywhere(site: Site, *steps: list[Any], **order: Any) -> list[list[Any]]:
    """What the same steps bring that all workers begin at once."""
    while len(site.workers) < WORKERS:
        site.worker()
    for number, worker in enumerate(site.workers):
        worker.order("walk", **({"steps": steps, "name": f"w{number}"} | site.place | order))
    ended = [worker.hear() for worker in site.workers]
    assert not any("broke" in str(end["brought"]) for end in ended), ended
    return [end["brought"] for end in ended]


def somewhere(site: Site, *steps: list[Any], **order: Any) -> Any:
    """What these steps bring in a worker that has done nothing so far."""
    ended = site.worker().ask("walk", **({"steps": steps, "name": "later"} | site.place | order))
    assert not ended["killed"], ended
    assert "broke" not in str(ended["brought"]), ended
    return ended["brought"]


def dies(site: Site, at: str, *steps: list[Any]) -> None:
    """A worker that is killed with -9 at that point after the step "arm"."""
    ended = site.worker().ask("walk", steps=steps, name="dead", kill_at=at, **site.place)
    assert ended["killed"], ended


def test_processes_that_start_at_once_on_nothing_agree_on_schema_and_key(site: Site, database: Database) -> None:
    replies = everywhere(site, ["say", "I want to use ChatGPT"])
    assert all(reply and keys_in(reply) != ["storage"] for [reply] in replies)
    assert database.rows("migrations") == [(number, name) for number, (name, _) in enumerate(MIGRATIONS, 1)]
    assert len(database.rows("key_check")) == 1
    assert database.rows("set_aside") == []


def test_a_process_meets_a_schema_that_is_newer_than_itself(site: Site, database: Database) -> None:
    somewhere(site, ["say", SIGN_IN])
    database.execute("INSERT INTO migrations VALUES (:number, 'from the future')", number=len(MIGRATIONS) + 1)
    [reply] = somewhere(site, ["say", SIGN_IN])
    assert keys_in(reply) == ["storage"]
    assert site.provider.count("start") == 1


def test_a_message_that_reaches_every_process_has_one_effect(site: Site) -> None:
    """Each process delivers it again afterwards as well: before and after a restart are the same."""
    flow = [(SIGN_IN, "m1", "start"), (DONE, "m2", "poll"), (LOG_OUT, "m3", "revoke")]
    for text, message_id, endpoint in flow:
        told = [reply for replies in everywhere(site, *[["say", text, message_id]] * 2) for reply in replies]
        assert site.provider.count(endpoint) == 1
        assert len({str(reply | {"repeated": None}) for reply in told}) == 1, told
        assert [reply["repeated"] for reply in told].count(False) == 1
        if endpoint == "start":
            site.provider.approve(told[0]["user_code"])


def test_one_of_several_confirmations_at_once_polls_and_the_others_see_what_it_brought(site: Site) -> None:
    [shown] = somewhere(site, ["say", SIGN_IN])
    site.provider.approve(shown["user_code"])
    replies = [reply for [reply] in everywhere(site, ["say", DONE])]
    assert site.provider.count("poll") == 1
    assert site.provider.count("exchange") == 1
    assert [keys_in(reply) for reply in replies if reply and reply["state"] == "connected"]
    assert somewhere(site, ["record"])[0]["pair"]


@pytest.mark.parametrize("point", ["send start", "received start"])
def test_a_process_killed_while_it_starts_leaves_what_the_next_one_repairs_and_explains(site: Site, point: str) -> None:
    """`started` goes back to `idle`; nothing is repeated by itself, not even by the same message."""
    dies(site, point, ["record"], ["arm"], ["say", SIGN_IN, "m1"])
    asked = site.provider.count("start")
    found, _, _, told, after = somewhere(
        site, ["record"], ["tidy"], ["wait", LEASE], ["say", SIGN_IN, "m1"], ["record"]
    )
    assert (found["state"], keys_in(told), after["state"]) == ("started", ["interrupted"], "idle")
    assert site.provider.count("start") == asked
    again, at_last = somewhere(site, ["say", SIGN_IN, "m2"], ["record"])
    assert again["user_code"] == at_last["code"]
    assert site.provider.count("start") == asked + 1


@pytest.mark.parametrize("point", ["send poll", "received poll"])
def test_a_process_killed_while_it_polls_leaves_what_the_next_one_repairs_and_explains(site: Site, point: str) -> None:
    """`polling` goes back to `awaiting_confirm`; the next poll costs another confirmation."""
    dies(site, point, ["say", SIGN_IN], ["arm"], ["say", DONE, "m1"])
    asked = site.provider.count("poll")
    found, _, _, told, after = somewhere(site, ["record"], ["tidy"], ["wait", LEASE], ["say", DONE, "m1"], ["record"])
    assert (found["state"], keys_in(told), after["state"]) == ("polling", ["interrupted"], "awaiting_confirm")
    assert site.provider.count("poll") == asked
    somewhere(site, ["approve"], ["say", DONE, "m2"])
    assert site.provider.count("poll") == asked + 1
