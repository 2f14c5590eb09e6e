"""The runtime's model selector, told by the store."""

from collections.abc import Callable, Sequence

import pytest

from skill import Onboarding, Reply
from skill.message import Owner
from skill.testing import Stage

OnModels = Callable[[Owner, Sequence[str]], None]


def connected(stage: Stage, on_models: OnModels) -> Reply | None:
    """What is said at the end of a sign-in, with that selector beside it."""
    skill = Onboarding(stage.skill.settings, client=stage.client, now=stage.clock.now, on_models=on_models)
    try:
        stage.run(skill.handle(stage.message("Ana", "Sign in with my ChatGPT account", message_id="1")))
        stage.provider.approve(stage.code)
        return stage.run(skill.handle(stage.message("Ana", "done", message_id="2")))
    finally:
        stage.run(skill.close())


@pytest.mark.parametrize("broken", [False, True])
def test_a_selector_is_told_and_one_that_breaks_undoes_no_login(stage: Stage, broken: bool) -> None:
    """conversation.md, section 5: the login is safe before anybody is told of models."""
    told: list[Sequence[str]] = []

    def selector(owner: Owner, models: Sequence[str]) -> None:
        told.append(models)
        if broken:
            raise RuntimeError

    reply = connected(stage, selector)
    assert reply and reply.state == "connected"
    assert stage.record("Ana").credential
    assert told[-1] == reply.models
