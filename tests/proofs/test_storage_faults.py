"""A disk that is full, read-only or gone, at every write there is: nothing half done, a plain answer, no restart.

trust.md, section 4, "Disk full, read-only, database down".
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from skill.core.machine import resting_state
from skill.errors import StorageError
from skill.message import Reply

from .kit import ANA, BROKEN, DONE, LOG_OUT, MODELS, SIGN_IN, Rig, keys_in, keys_of, pair, rows
from .processes import Site

FAILURES = {
    "disk full": "database or disk is full",
    "read-only": "attempt to write a readonly database",
    "no rights": "unable to open database file",
    "broken disk": "disk I/O error",
}
ANSWER_WITHIN = 3.0  # seconds


class Disk:
    """Fails every write from a chosen one on, as the driver tells it, until it is repaired."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fails_from: int | None = None
        self._with = ""
        self.writes = 0
        self.before: dict[str, Any] | None = None  # the rows when it began to fail

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Stand between SQLAlchemy and the driver."""
        event.listen(Engine, "do_execute", self._execute)
        try:
            yield
        finally:
            event.remove(Engine, "do_execute", self._execute)

    def fail(self, after: int, how: str) -> None:
        """So many more writes succeed."""
        self.writes, self._fails_from, self._with, self.before = 0, after, FAILURES[how], None

    def repair(self) -> None:
        """It works again."""
        self._fails_from = None

    def _execute(self, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("INSERT", "UPDATE", "DELETE", "BEGIN IMMEDIATE")):
            return
        self.writes += 1
        if self._fails_from is not None and self.writes > self._fails_from:
            self.before = self.before or rows(self._folder)
            raise sqlite3.OperationalError(self._with)


def _connected(rig: Rig) -> None:
    rig.connect()
    rig.pass_time(hours=1)


def _due(rig: Rig) -> None:
    rig.connect()
    rig.near_expiry()


def _opened(rig: Rig) -> None:
    rig.record()


SCENES: dict[str, tuple[Callable[[Rig], object], str]] = {
    "start": (_opened, SIGN_IN),
    "confirm": (Rig.show_code, DONE),
    "models": (_connected, MODELS),
    "refresh": (_due, BROKEN),
    "log out": (_connected, LOG_OUT),
}


def _writes(tmp_path: Path, scene: str) -> int:
    """How many writes the scene makes where nothing fails."""
    with Rig(tmp_path / "counted") as rig:
        prepare, words = SCENES[scene]
        prepare(rig)
        disk = Disk(rig.folder)
        with disk.watched():
            rig.say(words)
        return disk.writes


def _durable(rig: Rig, reply: Reply) -> bool:
    """Whether what was said is still true after a restart: the state, the login, the code that was shown."""
    rig.restart()
    record = rig.record()
    code = record.session.flow.code if record.session.flow else None
    shown = reply.user_code is None or (code is not None and code.user_code == reply.user_code)
    connected = record.credential is not None
    return shown and resting_state(record.session, "c-ana", connected) == reply.state


@pytest.mark.parametrize(
    "how", [pytest.param(how, marks=[] if how == "disk full" else [pytest.mark.full]) for how in FAILURES]
)
@pytest.mark.parametrize("scene", SCENES)
def test_a_write_that_fails_leaves_the_old_record_and_a_plain_answer(tmp_path: Path, scene: str, how: str) -> None:
    """trust.md, section 4: byte-identical, no code unless durable, an answer within 3 s, recovery without a restart."""
    prepare, words = SCENES[scene]
    total = _writes(tmp_path, scene)
    assert total >= 3
    for good in range(total):
        with Rig(tmp_path / f"home-{good}") as rig:
            prepare(rig)
            disk = Disk(rig.folder)
            with disk.watched():
                disk.fail(good, how)
                reply = rig.say(words)
                where = f"write {good + 1} of {total}: {reply and reply.text}"
                if disk.before is None:
                    continue  # a write of the upkeep, which takes its own time
                assert rows(rig.folder) == disk.before, where
                assert rig.took <= ANSWER_WITHIN, where
                assert reply, where
                disk.repair()
                told = set(keys_of(reply)) <= {"storage", "start_storage", "trouble_storage"}
                assert told or _durable(rig, reply), where
                assert not told or reply.user_code is None, where
                rig.pass_time(seconds=31)
                _recovers(rig, scene, where)
            assert rig.leaks() == [], where
            assert rig.provider.reuses == 0, where


def _recovers(rig: Rig, scene: str, where: str) -> None:
    """The same process does all that a person wants, once the disk is repaired."""
    if scene == "log out":
        for _ in range(2):
            rig.say(LOG_OUT)
        rig.pass_time(hours=1)
        rig.run(rig.skill.tidy())
        assert rig.record().credential is None, where
        assert rig.provider.live_tokens().refresh == 0, where
        return
    for words in (SIGN_IN, SIGN_IN, "new code"):
        if rig.record().credential:
            break
        reply = rig.say(words)
        if reply and reply.user_code:
            code = next(code for code in rig.provider.codes if code.user_code == reply.user_code)
            if code.state == "pending":
                rig.provider.approve(reply.user_code)
        rig.say(DONE)
    assert rig.call().status_code == 200, where
    assert rig.provider.live_tokens().refresh == 1, where  # none is left that nobody knows of


def test_a_rotated_pair_that_cannot_be_stored_is_kept_at_hand_and_stored_later(rig: Rig) -> None:
    """trust.md, section 2: receiving and storing are one step; durable before anyone uses it."""
    rig.connect()
    rig.provider.revoke_access(ANA)
    old = rig.login()
    disk = Disk(rig.folder)
    with disk.watched():
        rig.wire.after = lambda endpoint: _fail_after(endpoint, disk)
        for _ in range(3):
            with pytest.raises(StorageError):
                rig.call()
        assert pair(rig.login()) == pair(old)
        disk.repair()
        assert rig.call().status_code == 200
    assert pair(rig.login()) == rig.witness.pairs[-1]
    assert rig.provider.count("refresh") == 1
    assert rig.provider.reuses == 0


async def _fail_after(endpoint: str, disk: Disk) -> None:
    if endpoint == "refresh":
        disk.fail(0, "disk full")


# --- the real thing ---------------------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A folder that a real process uses, and a provider on a port."""
    with Site(tmp_path).open() as site:
        yield site


@pytest.mark.parametrize("mishap", ["full", "rights"])
def test_a_real_disk_that_fails_costs_nothing_but_time(site: Site, mishap: str) -> None:
    """trust.md, section 4: the kernel refuses the writes of a process (RLIMIT_FSIZE; rights taken from the folder)."""
    steps: list[list[Any]] = [["say", SIGN_IN], ["approve"], ["say", DONE], ["record"], ["wait", 3600]]
    steps += [["befall", mishap], ["say", LOG_OUT], ["say", "Sign in with my ChatGPT account"], ["befall", "nothing"]]
    steps += [["record"], ["call"], ["say", LOG_OUT], ["record"]]
    ended = site.worker().ask("walk", steps=steps, name="real", **site.place)
    assert not ended["killed"]
    brought = ended["brought"]
    assert len(brought) == len(steps), brought
    connected, refused, unknown, after, called, out, gone = (brought[at] for at in (3, 6, 7, 9, 10, 11, 12))
    assert keys_in(refused) == ["storage"]
    assert keys_in(unknown) in (["storage"], ["already_connected"])
    assert after["pair"] == connected["pair"]
    assert called == "200"
    assert keys_in(out) == ["logged_out"]
    assert gone["pair"] is None
