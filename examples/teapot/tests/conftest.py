"""The stage of the kit, with the settings of this team."""

import pytest

import teapot
from skill.testing import Stage


@pytest.fixture
def stage(stage: Stage) -> Stage:
    stage.settings |= teapot.SETTINGS
    return stage
