"""Fixtures that several packages of tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .support import Stage

# No test, and no process that one starts, may leave a key in the keyring of whoever runs them.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Skill, provider and people on an empty data folder; at the end no secret may have got out (rule 6)."""
    with Stage(tmp_path / "home") as stage:
        yield stage
        assert stage.leaks() == []
