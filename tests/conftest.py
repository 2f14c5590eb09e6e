"""What holds for every test; the fixture `stage` is the package's own (`skill.pytest_plugin`)."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .databases import ENGINES, Database
from .postgres import a_database, a_shared_server, shared_address

# No test, and no process that one starts, may leave a key in the keyring of whoever runs them.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"


def pytest_configure(config: pytest.Config) -> None:
    """Workers of pytest-xdist share the PostgreSQL of the process that starts them, which also stops it."""
    if not hasattr(config, "workerinput"):
        room = ExitStack()
        room.enter_context(a_shared_server())
        config.add_cleanup(room.close)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder that doesn't exist yet."""
    return tmp_path / "home"


@pytest.fixture
def postgres() -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    with a_database(shared_address()) as address:
        yield address


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What uses a database is tested on every engine, unless the module names its `ENGINES`."""
    if "database" in metafunc.fixturenames:
        metafunc.parametrize("database", getattr(metafunc.module, "ENGINES", ENGINES), indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest, home: Path) -> Database:
    """An empty database of each engine in turn."""
    address = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    return Database(home, address)
