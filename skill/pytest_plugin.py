"""The pytest plugin: the fixtures `stage` and `local_provider`.

Every pytest run of an environment with this package loads it, so it imports what it needs where it needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from skill.testing import Served, Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Skill, provider, clock and people on an empty data folder; at the end no secret may have got out (rule 6)."""
    from skill.testing import Stage

    with Stage(tmp_path / "home") as stage:
        yield stage
        assert stage.leaks() == []


@pytest.fixture
def local_provider() -> Iterator[Served]:
    """The provider on a port of this machine: `.provider` steers it, `.issuer` and `.backend_url` are settings."""
    from skill.testing import LocalProvider, serve_in_thread

    with serve_in_thread(LocalProvider()) as served:
        yield served
