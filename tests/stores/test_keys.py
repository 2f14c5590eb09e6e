"""Where the key comes from, and how it is exchanged (trust.md, section 3)."""

import asyncio
import base64
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import keyring.errors
import pytest
from keyring.backend import KeyringBackend

from skill.core.session import Session
from skill.errors import StorageError
from skill.settings import Settings
from skill.stores.base import Record
from skill.stores.engines import DATABASE_FILE
from skill.stores.keyring import SERVICE, KeyringPlace
from skill.stores.keys import CURRENT, KEY_FILE, NEXT, FilePlace
from skill.stores.rotation import Rotated, rotate
from skill.stores.sql import SqlStore
from skill.stores.vault import as_key

from ..databases import Database
from .conftest import ANA, KEY_A, KEY_B, SECRETS, TABLES, WEI, OpenStore, full_record, put_on

ENGINES = ("sqlite",)  # the key lies beside the file


class MemoryKeyring(KeyringBackend):
    """A keyring that answers, and forgets all in the end."""

    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError(username)


class LockedKeyring(MemoryKeyring):
    """A keyring that nobody unlocks."""

    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("dismissed")

    set_password = get_password  # type: ignore[assignment]


class ReadOnlyKeyring(MemoryKeyring):
    """A keyring that takes nothing, and doesn't say so."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class TerminalKeyring(MemoryKeyring):
    """A keyring that asks for a master password on the terminal; keyring itself ranks such below 1."""

    priority = 0.6  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        raise AssertionError("asked on the terminal")


Use = Callable[[KeyringBackend], None]


@pytest.fixture
def use() -> Iterator[Use]:
    """Choose the machine's keyring for a test."""
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def fill(opened: OpenStore, **settings: object) -> str | None:
    """Store a person; where the key was then."""
    with opened(**settings) as store:
        store.put(ANA, full_record(), "m1")
        store.put(WEI, full_record(), "m2")
        return store.store.sealed_by


def source(opened: OpenStore, **settings: object) -> str | None:
    """Read that person again; where the key is now."""
    with opened(**settings) as store:
        for owner, message in ((ANA, "m1"), (WEI, "m2")):
            assert put_on(Record(), store.read(owner, message)) == full_record()
        return store.store.sealed_by


def turn(opened: OpenStore, home: Path, **settings: object) -> Rotated:
    with opened(home=home, **settings) as store:
        return store.runner.run(rotate(store.store, Settings(home=home, **settings)))  # type: ignore[arg-type]


# Where it comes from.


def test_the_setting_comes_first(opened: OpenStore, home: Path, use: Use) -> None:
    use(ring := MemoryKeyring())
    assert fill(opened, key=KEY_A) == source(opened, key=KEY_A) == "setting"
    assert (ring.kept, (home / KEY_FILE).exists()) == ({}, False)


def test_a_real_keyring_comes_before_a_file(opened: OpenStore, home: Path, use: Use) -> None:
    use(ring := MemoryKeyring())
    assert fill(opened) == source(opened) == "keyring"
    assert not (home / KEY_FILE).exists()
    assert list(ring.kept) == [(SERVICE, f"{home} key")]


@pytest.mark.parametrize("backend", [LockedKeyring, ReadOnlyKeyring, TerminalKeyring])
def test_a_keyring_that_does_not_serve_leaves_it_to_the_file(
    opened: OpenStore, home: Path, use: Use, backend: type[MemoryKeyring]
) -> None:
    """trust.md, section 1: headless storage, keyring locked or absent."""
    use(backend())
    assert fill(opened) == source(opened) == "file"
    assert (home / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_without_the_extra_there_is_the_file(opened: OpenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is missing: its import fails, as Python does it for a module that is None."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert fill(opened) == source(opened) == "file"


def test_importing_the_skill_imports_no_keyring() -> None:
    code = "import skill, sys; print('keyring' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


def test_a_keyring_that_waits_for_a_dialog_is_not_waited_for(tmp_path: Path, use: Use) -> None:
    answered = threading.Event()
    asked = []

    class DialogKeyring(MemoryKeyring):
        def get_password(self, service: str, username: str) -> str | None:
            asked.append(username)
            answered.wait()
            return None

    use(DialogKeyring())
    place = KeyringPlace(tmp_path, patience=0.01)
    try:
        assert [place.read(CURRENT), place.read(NEXT)] == [None, None]
        assert asked == [f"{tmp_path} key"]  # nor asked a second time
    finally:
        answered.set()


def test_the_key_file_of_an_earlier_run_still_serves_once_there_is_a_keyring(opened: OpenStore, use: Use) -> None:
    """Installing keyring never locks anybody out."""
    assert fill(opened) == "file"
    use(ring := MemoryKeyring())
    assert (source(opened), ring.kept) == ("file", {})


def test_a_keyring_that_is_locked_later_makes_no_second_key(opened: OpenStore, home: Path, use: Use) -> None:
    use(ring := MemoryKeyring())
    fill(opened)
    use(LockedKeyring())
    with opened() as store, pytest.raises(StorageError, match=r"key doesn't fit.*keyring"):
        store.read(ANA)
    assert not (home / KEY_FILE).exists()
    use(ring)
    assert source(opened) == "keyring"


def test_each_data_folder_has_its_own_entry_in_the_keyring(opened: OpenStore, tmp_path: Path, use: Use) -> None:
    use(ring := MemoryKeyring())
    for name in ("one", "two"):
        fill(opened, home=tmp_path / name)
    assert len(set(ring.kept.values())) == 2
    assert [source(opened, home=tmp_path / name) for name in ("one", "two")] == ["keyring", "keyring"]


def test_an_odd_entry_in_the_keyring_is_no_key(tmp_path: Path, use: Use) -> None:
    use(ring := MemoryKeyring())
    for odd in ("", "not base64 \ud800", "AAAA"):
        ring.kept[SERVICE, f"{tmp_path} key"] = odd
        assert KeyringPlace(tmp_path).read(CURRENT) is None


# Keys that don't fit: the cause, the next step, nothing changed.


def test_a_copied_folder_without_its_key_is_told_which_key_it_lacks(
    opened: OpenStore, home: Path, tmp_path: Path, use: Use
) -> None:
    use(MemoryKeyring())
    fill(opened)
    shutil.copytree(home, tmp_path / "copy")
    with opened(home=tmp_path / "copy") as store, pytest.raises(StorageError, match="moved or copied") as told:
        store.read(ANA)
    assert f"{tmp_path / 'copy'} key" in str(told.value)
    assert source(opened) == "keyring"


def test_two_folders_with_one_key_stay_apart_and_one_rotation_names_the_other(
    opened: OpenStore, tmp_path: Path
) -> None:
    """Two data folders with one key."""
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        fill(opened, home=folder, key=KEY_A)
    turn(opened, folders[0], key=KEY_A, new_key=KEY_B)
    assert source(opened, home=folders[0], key=KEY_B) == "setting"
    with opened(home=folders[1], key=KEY_B) as store, pytest.raises(StorageError, match="for each data folder"):
        store.read(ANA)
    assert source(opened, home=folders[1], key=KEY_A) == "setting"


def test_a_stolen_database_has_nothing_in_clear(opened: OpenStore, home: Path) -> None:
    fill(opened)
    content = (home / DATABASE_FILE).read_bytes()
    for secret in (*SECRETS, "ana@example.test", "verification_url", "refresh_token", "slack"):
        assert secret.encode() not in content, secret


# Exchanging it.


@pytest.mark.parametrize("backend", [LockedKeyring, MemoryKeyring])
def test_rotation_keeps_every_record_and_ends_the_old_key(
    opened: OpenStore, home: Path, use: Use, backend: type[MemoryKeyring]
) -> None:
    use(ring := backend())
    where = fill(opened)
    before = {table: [row[-1] for row in Database(home).rows(table)] for table in (*TABLES, "key_check")}
    kept, file = dict(ring.kept), (home / KEY_FILE).read_bytes() if where == "file" else b""
    assert turn(opened, home) == Rotated(6, 0, where)  # type: ignore[arg-type]
    assert source(opened) == where
    after = (home / DATABASE_FILE).read_bytes()
    assert not any(sealed in after for table in before.values() for sealed in table)  # type: ignore[operator]
    assert kept.keys() == ring.kept.keys()
    assert {path.name for path in home.iterdir()} == {DATABASE_FILE} | ({KEY_FILE} if file else set())
    for name, value in kept.items():
        ring.kept[name] = value
    if file:
        (home / KEY_FILE).write_bytes(file)
    with opened() as store, pytest.raises(StorageError, match="doesn't fit"):
        store.read(ANA)


def test_a_key_from_the_setting_is_exchanged_for_the_new_setting(opened: OpenStore, home: Path) -> None:
    fill(opened, key=KEY_A)
    for wrong in ({"key": KEY_A}, {"key": KEY_A, "new_key": KEY_A}):
        with pytest.raises(StorageError, match="CODEX_ONBOARDING_NEW_KEY"):
            turn(opened, home, **wrong)
        assert source(opened, key=KEY_A) == "setting"
    assert turn(opened, home, key=KEY_A, new_key=KEY_B).source == "setting"
    assert source(opened, key=KEY_B) == source(opened, key=KEY_A, new_key=KEY_B) == "setting"


def test_a_key_file_can_be_exchanged_for_a_setting(opened: OpenStore, home: Path) -> None:
    fill(opened)
    turn(opened, home, new_key=KEY_B)
    assert source(opened, key=KEY_B) == "setting"


def test_a_running_skill_goes_on_after_another_process_has_rotated(opened: OpenStore, home: Path) -> None:
    """Nothing that it holds in memory may be taken for damage."""
    with opened() as running:
        running.put(ANA, full_record(), "m1")
        turn(opened, home)
        assert put_on(Record(), running.read(ANA, "m1")) == full_record()
        turn(opened, home)
        running.put(WEI, full_record(), "m2")
    assert source(opened) == "file"
    assert Database(home).rows("set_aside") == []


def test_a_running_skill_whose_setting_is_out_of_date_says_so(opened: OpenStore, home: Path) -> None:
    with opened(key=KEY_A) as running:
        running.put(ANA, full_record(), "m1")
        turn(opened, home, key=KEY_A, new_key=KEY_B)
        with pytest.raises(StorageError, match="doesn't fit"):
            running.put(ANA, full_record(), "m1")
    assert Database(home).rows("set_aside") == []


def test_two_rotations_at_once_lose_no_key(opened: OpenStore, home: Path, runner: asyncio.Runner) -> None:
    fill(opened)

    async def main() -> None:
        stores = [SqlStore(Settings(home=home)) for _ in range(3)]
        done = await asyncio.gather(*(rotate(store, Settings(home=home)) for store in stores))
        assert [one.records for one in done] == [6, 6, 6]
        for store in stores:
            await store.close()

    runner.run(main())
    assert source(opened) == "file"


def test_a_damaged_record_is_left_as_it_was_found_and_set_aside_later(opened: OpenStore, home: Path) -> None:
    fill(opened)
    Database(home).execute("UPDATE credentials SET sealed = :odd WHERE owner = :ana", odd=b"\x01damaged", ana=ANA.key)
    assert turn(opened, home) == Rotated(5, 1, "file")
    assert b"\x01damaged" in [row[-1] for row in Database(home).rows("credentials")]
    with opened() as store:
        store.put(ANA, Record(Session(), full_record().credential))
        assert store.read(WEI, "m2").credential
    assert [row[-1] for row in Database(home).rows("set_aside")] == [b"\x01damaged"]


def test_a_key_that_was_put_away_in_vain_does_no_harm(opened: OpenStore, home: Path) -> None:
    """Killed before the commit: the old key goes on, and the next rotation works."""
    fill(opened)
    (home / NEXT).write_text(KEY_B)
    assert source(opened) == "file"
    assert turn(opened, home).records == 6
    assert (source(opened), as_key((home / KEY_FILE).read_text()) == as_key(KEY_B)) == ("file", False)


def test_a_planted_link_in_the_new_keys_place_leads_nowhere(opened: OpenStore, home: Path, tmp_path: Path) -> None:
    fill(opened)
    (tmp_path / "victim").write_text("precious")
    (home / NEXT).symlink_to(tmp_path / "victim")
    turn(opened, home)
    assert (tmp_path / "victim").read_text() == "precious"
    assert source(opened) == "file"


KILLED_AT_EVERY_FILE = """
import asyncio, json, os, shutil, signal, sys
from itertools import count
from pathlib import Path
from skill.settings import Settings
from skill.stores.rotation import rotate
from skill.stores.sql import SqlStore

WATCHED = {"open", "os.rename", "os.remove", "os.link", "sqlite3.connect"}

def killed_at(point, home):
    left = [point]
    def watch(event, arguments):
        if event in WATCHED and str(home) in str(arguments[0]):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
    async def main():
        settings = Settings(home=home)
        store = SqlStore(settings)
        await rotate(store, settings)
        await store.close()
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


def test_a_rotation_killed_at_any_file_it_touches_loses_nothing(opened: OpenStore, home: Path) -> None:
    """trust.md, section 4: kill -9 at every IO point, found by instrumentation."""
    fill(opened)
    script = [sys.executable, "-c", KILLED_AT_EVERY_FILE, str(home)]
    done = subprocess.run(script, capture_output=True, text=True, check=True)
    points = json.loads(done.stdout)
    assert points > 8
    keys = set()
    for point in range(points + 1):
        folder = home.with_name(f"killed-{point}")
        for _ in range(2):
            assert source(opened, home=folder) == "file", point
        keys.add(FilePlace(folder).read(CURRENT) == as_key((home / KEY_FILE).read_text()))
        assert turn(opened, folder).records == 6
        assert Database(folder).rows("set_aside") == []
    assert keys == {True, False}  # some ended with the old key, some with the new one


def test_no_key_stands_in_a_repr_or_a_message(opened: OpenStore, home: Path) -> None:
    settings = Settings(home=home, key=KEY_A, new_key=KEY_B)  # type: ignore[arg-type]
    fill(opened, key=KEY_A)
    with opened(key=KEY_B) as store, pytest.raises(StorageError) as told:
        store.read(ANA)
    for text in (repr(settings), str(told.value), repr(store.store)):
        assert KEY_A not in text
        assert KEY_B not in text
        assert base64.b64decode(KEY_A).hex() not in text
