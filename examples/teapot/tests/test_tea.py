"""What Teapot did before, and still does."""

from skill.testing import Stage
from teapot import Event, Teapot


def test_the_turn_passes_on_when_the_tea_is_ready(stage: Stage) -> None:
    teapot = Teapot(stage.skill, stage.client, ["Kim", "Lee"])

    def told(number: int, text: str) -> list[str]:
        return stage.run(teapot.on_message(Event(str(number), "the team's room", "kim", text, private=False)))

    assert told(1, "who makes tea?") == ["Next to make tea: Kim."]
    assert told(2, "tea is ready") == ["Next to make tea: Lee."]
    assert told(3, "lovely weather") == []
    assert stage.requests() == []
