"""The pytest plugin: `*.conversation.yaml` are tests, and the fixtures `stage` and `local_provider`.

Every pytest run of an environment with this package loads it, so it imports what it needs where it needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from skill.testing import Served, Stage
    from skill.testing.play import Played

pytest.register_assert_rewrite("skill.testing.steps")  # a failed step shows its values, as a test does


class NotAsWrittenError(Exception):
    """The transcript says what differs."""

    def __init__(self, played: Played) -> None:
        super().__init__(played.read.script.title)
        self.played = played


class ConversationFile(pytest.File):
    """One script; a wrong file fails to be collected, with file, line and key."""

    def collect(self) -> Iterator[pytest.Item]:
        """One test, under the script's title."""
        from skill.testing.reading import ScriptError, read

        try:
            script = read(self.path)
        except ScriptError as error:
            raise self.CollectError(str(error)) from None
        yield Conversation.from_parent(self, name=script.script.title)


class Conversation(pytest.Item):
    """A script that is played once."""

    def runtest(self) -> None:
        """Play it, with a skill, a provider and a data folder of its own."""
        from skill.testing.play import play
        from skill.testing.reading import read

        played = play(read(self.path))
        if not played.as_written:
            raise NotAsWrittenError(played)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """The transcript up to the first difference; of a bug of ours the traceback."""
        from skill.testing.transcript import transcript

        if isinstance(excinfo.value, NotAsWrittenError):
            return "\n".join(transcript(excinfo.value.played))
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands."""
        return self.path, 0, self.name


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ConversationFile | None:
    """Every file with the name of a script."""
    if file_path.name.endswith(".conversation.yaml"):
        return ConversationFile.from_parent(parent, path=file_path)
    return None


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
