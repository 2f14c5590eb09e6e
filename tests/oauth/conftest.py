"""Somebody who is connected, with time and provider at hand."""

import pytest

from skill.testing import Stage


@pytest.fixture
def ana(stage: Stage) -> Stage:
    """A stage on which Ana has signed in; requests are counted from here on."""
    stage.say("Ana", "Sign in with my ChatGPT account")
    stage.provider.approve(stage.code)
    reply = stage.say("Ana", "done")
    assert reply and reply.state == "connected"
    stage.forget_requests()
    return stage
