"""The runtime's model selector, told by the store."""

from collections.abc import Sequence

from skill.message import Owner
from skill.testing import Stage


def test_a_selector_that_breaks_undoes_no_login(stage: Stage) -> None:
    """conversation.md, section 5: the login is safe before anybody is told of models."""

    def broken(owner: Owner, models: Sequence[str]) -> None:
        raise RuntimeError

    stage.skill.store.on_models = broken
    stage.say("Ana", "Sign in with my ChatGPT account")
    stage.provider.approve(stage.code)
    reply = stage.say("Ana", "done")
    assert reply and reply.state == "connected"
    assert stage.record("Ana").credential
