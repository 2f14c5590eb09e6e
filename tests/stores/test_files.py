"""Files that are private from the first byte on, and what else may lie in their place (trust.md, section 3)."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from skill.errors import StorageError
from skill.stores.engines import DATABASE_FILE
from skill.stores.files import private_file, private_folder
from skill.stores.keys import KEY_FILE

from .conftest import ANA, OpenStore, full_record

ENGINES = ("sqlite",)


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    kept = os.umask(request.param)
    yield
    os.umask(kept)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


@pytest.mark.usefixtures("umask")
def test_everything_is_private_whatever_the_umask(opened: OpenStore, home: Path) -> None:
    with opened() as store:
        store.put(ANA, full_record())
        assert set(modes(home)) >= {DATABASE_FILE, KEY_FILE}
        assert set(modes(home).values()) == {0o600}
    assert home.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("umask")
def test_a_file_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"kept")
    path.chmod(0o644)
    private_file(path, b"not this")
    assert (modes(tmp_path), path.read_bytes()) == ({"x": 0o600}, b"kept")


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """Nobody ever reads half a file, and no draft is left behind."""
    private_file(tmp_path / "x", b"whole")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("x", b"whole")]


def link_to_a_file(path: Path, victim: Path) -> None:
    path.symlink_to(victim)


def link_to_nothing(path: Path, victim: Path) -> None:
    path.symlink_to(victim.with_name("nothing"))


def pipe(path: Path, victim: Path) -> None:
    os.mkfifo(path)


def folder(path: Path, victim: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("plant", [link_to_a_file, link_to_nothing, pipe, folder])
@pytest.mark.parametrize("name", [DATABASE_FILE, KEY_FILE])
def test_something_else_in_a_files_place_is_refused(
    opened: OpenStore, home: Path, tmp_path: Path, plant: Callable[[Path, Path], None], name: str
) -> None:
    """trust.md, section 3: planted symlink, FIFO or directory: refused, victim untouched."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    victim.chmod(0o644)
    home.mkdir(mode=0o700)
    plant(home / name, victim)
    planted = (home / name).lstat()
    with opened() as store, pytest.raises(StorageError, match="not a regular file") as told:
        store.put(ANA, full_record())
    assert str(home / name) in str(told.value)
    assert (victim.read_bytes(), victim.stat().st_mode & 0o777) == (b"precious", 0o644)
    assert (home / name).lstat() == planted
    assert not (tmp_path / "nothing").exists()


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"precious")
    with pytest.raises(StorageError, match="CODEX_ONBOARDING_HOME"):
        private_folder(tmp_path / "home")
    assert (tmp_path / "home").read_bytes() == b"precious"
