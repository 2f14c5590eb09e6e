"""Handing a login over: one owner at any point (trust.md, section 1)."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from skill import Settings
from skill.codex_file import export
from skill.core.session import Lease
from skill.errors import NotConnectedError, ProviderError, ReloginRequiredError, StorageError
from skill.handover import Handover
from skill.message import Owner
from skill.stores.base import Record
from skill.stores.sql import SqlStore
from skill.testing import Stage

ANA = Owner("", "", "ana")


@pytest.fixture
def ana(stage: Stage) -> Stage:
    """The stage, on which Ana is connected."""
    connect(stage)
    return stage


@pytest.fixture
def codex(tmp_path: Path) -> Path:
    """Codex's folder, not there yet."""
    return tmp_path / "codex"


def connect(stage: Stage, account: str = "ana@example.test") -> None:
    stage.say("Ana", "Sign in with my ChatGPT account")
    stage.provider.approve(stage.code, account)
    stage.clock.advance(timedelta(seconds=30))
    reply = stage.say("Ana", "done")
    assert reply and reply.state == "connected"
    stage.forget_requests()


def hand_over(stage: Stage, to: str = "hermes") -> Handover:
    return stage.run(stage.skill.hand_over("ana", to=to))


def to_codex(stage: Stage, folder: Path, **options: Any) -> Path:
    return stage.run(export(stage.skill.handovers, ANA, folder, **options))[0]


def change(stage: Stage, **credential: Any) -> None:
    """Another state of the stored login, as a crash or another worker would leave it."""

    def work(record: Record) -> tuple[Record, None]:
        assert record.credential
        return replace(record, credential=replace(record.credential, **credential)), None

    stage.run(stage.skill.store.transact(ANA, work))


# To a runtime that keeps logins itself.


def test_a_login_handed_over_is_neither_used_nor_refreshed_here(ana: Stage) -> None:
    before = ana.record("Ana").credential
    given = hand_over(ana)
    assert before
    assert (given.access_token, given.refresh_token) == (before.access_token, before.refresh_token)
    assert (given.id_token, given.email, given.expires_at) == (before.id_token, "ana@example.test", before.expires_at)
    assert ana.record("Ana").credential is None
    ana.clock.advance(timedelta(days=30))
    for action in ("refresh", "models", "usage"):
        assert ana.call_tool("Ana", action)["error"] == "not_connected"
    assert ana.call_model("Ana") is None
    assert (ana.asked(), ana.provider.live_tokens("ana@example.test").refresh) == (0, 1)  # nothing was revoked


def test_status_says_who_keeps_it(ana: Stage) -> None:
    hand_over(ana)
    answer = ana.call_tool("Ana", "status")
    assert (answer["connected"], answer["handed_to"], answer["sealed_by"]) == (False, "hermes", "file")
    reply = ana.say("Ana", "Am I connected to ChatGPT?")
    assert reply and "kept by hermes" in reply.text and reply.models == []
    ana.stop()
    assert ana.call_tool("Ana", "status")["handed_to"] == "hermes"


def test_the_chinese_status_says_so_too(ana: Stage) -> None:
    hand_over(ana)
    reply = ana.say("Ana", "我的ChatGPT连接了吗？")
    assert reply and "现由hermes保管" in reply.text


def test_signing_in_again_brings_a_login_of_our_own(ana: Stage) -> None:
    hand_over(ana)
    connect(ana)
    answer = ana.call_tool("Ana", "status")
    assert (answer["connected"], answer["handed_to"]) == (True, None)
    assert ana.provider.live_tokens("ana@example.test").refresh == 2  # theirs lives on


def test_a_logout_afterwards_leaves_their_login_alone(ana: Stage) -> None:
    hand_over(ana)
    ana.say("Ana", "Log out of ChatGPT")
    assert (ana.asked("revoke"), ana.provider.live_tokens("ana@example.test").refresh) == (0, 1)
    assert ana.call_tool("Ana", "status")["handed_to"] == "hermes"


def test_the_mark_is_durable_before_the_tokens_leave(ana: Stage) -> None:
    """Whoever holds the tokens can already read, from another process, that they are not ours."""
    given = hand_over(ana)
    with asyncio.Runner() as runner:
        store = SqlStore(Settings(home=ana.folder))
        found = runner.run(store.read(ANA))
        runner.run(store.close())
    assert (found.credential, found.session.handed_to) == (None, "hermes")
    assert given.refresh_token.get_secret_value() not in repr(given)


def test_a_login_is_handed_over_once(ana: Stage) -> None:
    async def many() -> list[Any]:
        calls = (ana.skill.hand_over("ana", to=f"runtime {n}") for n in range(20))
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = ana.run(many())
    assert sum(isinstance(answer, Handover) for answer in answers) == 1
    assert sum(isinstance(answer, NotConnectedError) for answer in answers) == 19


def test_who_has_no_login_has_none_to_hand_over(stage: Stage) -> None:
    with pytest.raises(NotConnectedError):
        hand_over(stage)
    assert (stage.asked(), stage.call_tool("Ana", "status")["handed_to"]) == (0, None)


@pytest.mark.parametrize("to", ["", "  ", "\u202e\u200b"])
def test_the_new_keeper_has_to_be_named(ana: Stage, to: str) -> None:
    with pytest.raises(ValueError, match="to"):
        hand_over(ana, to)
    assert ana.record("Ana").credential


# A pair that may be spent is renewed first.


@pytest.mark.parametrize("crashed", [True, False])
def test_a_pair_whose_refresh_was_never_answered_is_renewed_first(ana: Stage, crashed: bool) -> None:
    past = Lease("gone", ana.clock.now() - timedelta(seconds=1))
    change(ana, **({"refreshing": past} if crashed else {"uncertain": True}))
    before = ana.record("Ana").credential
    given = hand_over(ana)
    assert before and given.refresh_token != before.refresh_token
    assert (ana.asked("refresh"), ana.provider.reuses) == (1, 0)


def test_it_waits_for_a_refresh_in_flight_and_takes_its_pair(ana: Stage) -> None:
    """Two owners of one pair would be made by the refresh that comes back late."""
    used = ana.record("Ana").credential
    assert used

    async def both() -> Handover:
        ana.line.next("refresh", "held back")
        refresh = asyncio.create_task(ana.skill.logins.renew(ANA, used.access_token))
        await ana.line.stuck.wait()
        handing = asyncio.create_task(ana.skill.hand_over("ana", to="hermes"))
        for _ in range(50):
            await asyncio.sleep(0)
        assert not handing.done()
        ana.line.release()
        renewed = await refresh
        given = await handing
        assert given.refresh_token == renewed.refresh_token != used.refresh_token
        return given

    ana.run(both())
    assert (ana.asked("refresh"), ana.asked("revoke"), ana.provider.reuses) == (1, 0, 0)
    assert ana.record("Ana").session.handed_to == "hermes"


def test_what_cannot_be_renewed_stays_here(ana: Stage) -> None:
    change(ana, uncertain=True)
    ana.provider.fault("refresh", "503")
    with pytest.raises(ProviderError):
        hand_over(ana)
    assert ana.record("Ana").credential and ana.record("Ana").session.handed_to is None


def test_a_login_that_is_dead_is_handed_to_nobody(ana: Stage) -> None:
    change(ana, uncertain=True)
    ana.provider.kill_session("ana@example.test")
    with pytest.raises(ReloginRequiredError):
        hand_over(ana)
    assert ana.record("Ana").session.handed_to is None


# To Codex.


def test_codex_finds_the_login_as_it_writes_its_own(ana: Stage, codex: Path) -> None:
    """openai-codex-protocol.md, section 11."""
    login = ana.record("Ana").credential
    assert login and login.id_token
    path = to_codex(ana, codex)
    written = json.loads(path.read_text())
    tokens = {name: getattr(login, name).get_secret_value() for name in ("id_token", "access_token", "refresh_token")}
    assert written == {
        "auth_mode": "chatgpt",
        "OPENAI_API_KEY": None,
        "tokens": tokens | {"account_id": login.account_id},
        "last_refresh": "2026-11-22T12:00:30Z",
    }
    assert ana.call_tool("Ana", "status")["handed_to"] == "Codex"


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_the_file_is_private_whatever_the_umask(ana: Stage, codex: Path, umask: int) -> None:
    kept = os.umask(umask)
    try:
        path = to_codex(ana, codex)
    finally:
        os.umask(kept)
    assert (path.stat().st_mode & 0o777, codex.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [found.name for found in codex.iterdir()] == ["auth.json"]


OTHERS = {
    "another account": '{"tokens": {"account_id": "acc-other", "refresh_token": "rt-theirs"}}',
    "an API key": '{"OPENAI_API_KEY": "sk-theirs", "tokens": null}',
    "half a file": '{"tokens": {"acc',
    "a list": "[]",
    "nothing": "",
    "odd types": '{"tokens": {"account_id": 7, "id_token": {}}}',
}


@pytest.mark.parametrize("content", OTHERS.values(), ids=OTHERS.keys())
def test_somebody_elses_login_there_is_only_replaced_when_told_to(ana: Stage, codex: Path, content: str) -> None:
    codex.mkdir()
    (codex / "auth.json").write_text(content)
    with pytest.raises(StorageError, match="--replace"):
        to_codex(ana, codex)
    assert (codex / "auth.json").read_text() == content
    assert ana.record("Ana").credential and ana.record("Ana").session.handed_to is None
    to_codex(ana, codex, replace=True)
    assert "refresh_token" in (codex / "auth.json").read_text()


def test_the_same_accounts_older_login_is_replaced(ana: Stage, codex: Path) -> None:
    path = to_codex(ana, codex)
    first = path.read_text()
    path.write_bytes(b"\xef\xbb\xbf" + first.encode())  # section 11: some editors leave a mark
    path.chmod(0o644)
    connect(ana)
    to_codex(ana, codex)
    assert path.read_text() != first
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_colleague_of_the_same_workspace_is_somebody_else(ana: Stage, codex: Path) -> None:
    """A workspace's members share its account id."""
    to_codex(ana, codex)
    ana_id = json.loads((codex / "auth.json").read_text())["tokens"]["account_id"]
    ana.provider.add_account("bo@example.test", account_id=ana_id)
    connect(ana, "bo@example.test")
    with pytest.raises(StorageError, match="--replace"):
        to_codex(ana, codex)


def test_the_same_accounts_api_key_is_not_lost(ana: Stage, codex: Path) -> None:
    path = to_codex(ana, codex)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"OPENAI_API_KEY": "sk-theirs"}))
    connect(ana)
    with pytest.raises(StorageError, match="API key"):
        to_codex(ana, codex)


@pytest.mark.parametrize("planted", ["link", "link to nothing", "pipe", "folder"])
def test_something_else_in_the_files_place_is_refused(ana: Stage, codex: Path, tmp_path: Path, planted: str) -> None:
    """trust.md, section 3: the victim untouched, even with --replace."""
    codex.mkdir()
    path, victim = codex / "auth.json", tmp_path / "victim"
    victim.write_text("precious")
    match planted:
        case "link":
            path.symlink_to(victim)
        case "link to nothing":
            path.symlink_to(tmp_path / "nothing")
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
    before = path.lstat()
    for also in (False, True):
        with pytest.raises(StorageError, match=r"link|regular"):
            to_codex(ana, codex, replace=also)
    assert (victim.read_text(), path.lstat(), (tmp_path / "nothing").exists()) == ("precious", before, False)
    assert ana.record("Ana").credential


def test_a_login_that_cannot_be_written_comes_back(ana: Stage, tmp_path: Path) -> None:
    """The tokens reached nobody: one owner still, and it is us."""
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere" / "deep")
    with pytest.raises(StorageError, match="stays here"):
        to_codex(ana, tmp_path / "dangling")
    answer = ana.call_tool("Ana", "status")
    assert (answer["connected"], answer["handed_to"], answer["email"]) == (True, None, "ana@example.test")
    assert ana.call_tool("Ana", "refresh")["ok"]


def test_a_login_comes_back_to_nobody_who_has_signed_in_anew(ana: Stage) -> None:
    given = hand_over(ana)
    connect(ana)
    newer = ana.record("Ana").credential
    assert ana.run(ana.skill.handovers.give_back(ANA, given)) is False
    assert ana.record("Ana").credential == newer


def test_codex_needs_an_id_token(ana: Stage, codex: Path) -> None:
    change(ana, id_token=None)
    with pytest.raises(StorageError, match="Sign in again"):
        to_codex(ana, codex)
    assert not codex.exists() and ana.record("Ana").credential


KILLED_AT_EVERY_FILE = """
import asyncio, os, shutil, signal, sys
from itertools import count
from pathlib import Path
from skill import Onboarding, Settings
from skill.codex_file import export
from skill.message import Owner

WATCHED = {"open", "os.rename", "os.remove", "os.link", "os.mkdir", "sqlite3.connect"}

def killed_at(point, home):
    left = [point]
    def watch(event, arguments):
        if event in WATCHED and str(home) in str(arguments[0]):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
    async def main():
        async with Onboarding(Settings(home=home)) as skill:
            await export(skill.handovers, Owner("", "", "ana"), home / "codex")
    asyncio.run(main())

source = Path(sys.argv[1])
for point in count():
    home = source.with_name(f"killed-{point}")
    shutil.copytree(source, home)
    child = os.fork()
    if not child:
        killed_at(point, home)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        print(point)
        break
"""


def test_killed_at_any_file_there_are_never_two_owners(ana: Stage) -> None:
    """trust.md, section 4: kill -9 at every IO point, found by instrumentation."""
    token = ana.record("Ana").credential.refresh_token.get_secret_value()  # type: ignore[union-attr]
    ana.stop()
    script = [sys.executable, "-c", KILLED_AT_EVERY_FILE, str(ana.folder)]
    points = int(subprocess.run(script, capture_output=True, text=True, check=True).stdout)
    seen = set()
    with asyncio.Runner() as runner:
        for point in range(points + 1):
            home = ana.folder.with_name(f"killed-{point}")
            store = SqlStore(Settings(home=home))
            found = runner.run(store.read(ANA))
            runner.run(store.close())
            path = home / "codex" / "auth.json"
            theirs = path.exists() and json.loads(path.read_text())["tokens"]["refresh_token"] == token
            assert not (theirs and found.credential), point
            assert (found.credential is None) == (found.session.handed_to == "Codex"), point
            seen.add((found.credential is not None, theirs))
    assert seen == {(True, False), (False, False), (False, True)}  # ours, the window, theirs


# The clock (trust.md, section 4).


@pytest.mark.parametrize(("seconds", "told"), [(121, -121), (-3600, 3600), (119, None), (-119, None)])
def test_status_tells_a_clock_that_is_off(ana: Stage, seconds: int, told: int | None) -> None:
    ana.provider.fault("usage", "clock", seconds=seconds)
    assert ana.call_tool("Ana", "status")["clock_skew"] is None
    ana.call_tool("Ana", "usage", force=True)
    assert ana.call_tool("Ana", "status")["clock_skew"] == told
    reply = ana.say("Ana", "Am I connected to ChatGPT?")
    assert reply and any("clock is off" in note for note in reply.notes) is (told is not None)
    ana.call_tool("Ana", "usage", force=True)
    assert ana.call_tool("Ana", "status")["clock_skew"] is None
