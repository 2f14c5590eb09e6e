"""Wheel and sdist as `make dist` builds them, and environments that hold nothing but the wheel."""

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 240.0  # seconds; most of them pass while packages are fetched


def run(*command: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command to its end, without a terminal; the surroundings without settings of ours, and without a path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CODEX_ONBOARDING_", "PYTHON"))}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=kept | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


def build(source: Path, into: Path, *options: str) -> None:
    """What `make dist` runs."""
    done = run(sys.executable, "-m", "build", "--no-isolation", *options, "--outdir", into, source, cwd=into.parent)
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass(frozen=True)
class Archive:
    """One of the two files, read."""

    path: Path

    @property
    def files(self) -> dict[str, bytes]:
        """Each file's name, without the sdist's own folder, and what it holds."""
        if self.path.suffix == ".whl":
            with zipfile.ZipFile(self.path) as wheel:
                return {name: wheel.read(name) for name in wheel.namelist()}
        with tarfile.open(self.path) as sdist:
            members = [member for member in sdist.getmembers() if member.isfile()]
            opened = {member.name.partition("/")[2]: sdist.extractfile(member) for member in members}
            return {name: file.read() for name, file in opened.items() if file}


@dataclass(frozen=True)
class Dist:
    """What is published."""

    wheel: Archive
    sdist: Archive


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Dist:
    """Built from this checkout."""
    into = tmp_path_factory.mktemp("shipped") / "dist"
    build(ROOT, into)
    (wheel,), (sdist,) = into.glob("*.whl"), into.glob("*.tar.gz")
    return Dist(Archive(wheel), Archive(sdist))


@dataclass(frozen=True)
class Environment:
    """An empty environment in which the wheel was installed, and a folder to work in that knows no checkout."""

    bin: Path
    room: Path

    def run(self, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        return run(self.bin / program, *arguments, cwd=self.room, HOME=str(self.room), NO_PROXY="127.0.0.1")

    def install(self, wanted: str) -> None:
        """With the versions of constraints.txt; what is installed stays. Only what runs is compiled: quicker."""
        options = ("install", "--quiet", "--disable-pip-version-check", "-c", ROOT / "constraints.txt", "--no-compile")
        done = run(sys.executable, "-m", "pip", "--python", self.bin / "python", *options, wanted, cwd=self.room)
        assert done.returncode == 0, done.stderr


@contextmanager
def environment(wheel: Path, extra: str) -> Iterator[Environment]:
    """The wheel with this extra and the versions of constraints.txt, and nothing else."""
    with TemporaryDirectory(prefix="installed-") as place:
        home, room = Path(place, "venv"), Path(place, "room")
        room.mkdir()
        venv.create(home, with_pip=False, symlinks=True)
        installed = Environment(home / "bin", room)
        installed.install(f"{wheel}[{extra}]")
        yield installed
