"""A stage with the provider on a real port, and a chat of each runtime on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from skill.testing import Stage

from .kit import Chat, SlackChat, TelegramChat


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path / "home") as stage:
        stage.listen()
        yield stage


@pytest.fixture
def slack(stage: Stage) -> Iterator[SlackChat]:
    with SlackChat(stage) as chat:
        yield chat


@pytest.fixture
def telegram(stage: Stage) -> Iterator[TelegramChat]:
    with TelegramChat(stage) as chat:
        yield chat


@pytest.fixture(params=["slack", "telegram"])
def chat(request: pytest.FixtureRequest) -> Chat:
    """Every runtime in turn."""
    chat: Chat = request.getfixturevalue(request.param)
    return chat
