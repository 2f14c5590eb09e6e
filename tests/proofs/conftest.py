"""Fixtures of the proofs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .kit import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Skill and provider on an empty data folder and a clock that jumps; at the end no secret may have got out."""
    with Rig(tmp_path / "home") as rig:
        yield rig
        assert rig.leaks() == []
