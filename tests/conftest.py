"""Fixtures that several packages of tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .support import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Skill, provider and people on an empty data folder; at the end no secret may have got out (rule 6)."""
    with Stage(tmp_path / "home") as stage:
        yield stage
        assert stage.leaks() == []
