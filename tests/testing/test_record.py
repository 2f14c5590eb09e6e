"""Recording: what was said and done becomes a script that goes as it went."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from skill.testing import Stage
from skill.testing.play import play
from skill.testing.reading import read
from skill.testing.record import Recorder, WrongStepError


@pytest.fixture
def live() -> Iterator[tuple[Stage, Recorder]]:
    with Stage() as stage:
        stage.listen()
        yield stage, Recorder(stage)


def test_a_recorded_conversation_goes_as_it_went(live: tuple[Stage, Recorder], tmp_path: Path) -> None:
    _, recorder = live
    for line in [
        "Ana: Sign in with my ChatGPT account",
        "browser: decline",
        "passes: 2 minutes",
        "Ana: done",
        "fault: poll 429, options: {retry_after: 240}",
        "Ana: done",
        "browser: approve, account: wei@example.test",
        "Ana: done, times: 3",
        "again: done",
        "Ben: done, where: a chat with Ana",
        "do: restart",
        "tool: status, for: Ana",
        "calls: Ana",
        "login: ended",
        "小伟: 添加OpenAI API密钥",
        "Ana: log out of ChatGPT",
    ]:
        recorder.typed(line)
    path = tmp_path / "live.conversation.yaml"
    path.write_text(recorder.text("Live"), encoding="utf-8")
    script = read(path)
    assert len(script.script.steps) == len(recorder.steps) == 16
    assert play(script).as_written


def test_each_answer_is_written_as_a_person_would(live: tuple[Stage, Recorder]) -> None:
    _, recorder = live
    recorder.step({"Ana": "yes"})
    recorder.step({"Ana": "Sign in with my ChatGPT account"})
    assert yaml.load(recorder.text("It"), Loader=yaml.BaseLoader) == {
        "title": "It",
        "steps": [
            {"Ana": "yes", "skill": "passes through", "asked": "nothing"},
            {
                "Ana": "Sign in with my ChatGPT account",
                "skill": "display",
                "state": "awaiting_confirm",
                "asked": "start",
            },
        ],
    }


def test_what_the_person_does_on_the_page_is_written_down(live: tuple[Stage, Recorder]) -> None:
    stage, recorder = live
    recorder.step({"Ana": "Sign in with my ChatGPT account"})
    form = {"code": stage.code, "decision": "approve", "account": "wei@example.test"}
    assert httpx.post(stage.verification_url, data=form, trust_env=False).is_success
    recorder.step({"Ana": "done"})
    assert recorder.steps[1] == {"browser": "approve", "account": "wei@example.test"}
    assert recorder.steps[2]["skill"] == "connected"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("brow: approve", "a step has a person's name"),
        ("passes: long", "write a span of time"),
        ("browser: approve", "no code has been issued so far"),
        ("Ana: [", "isn't like: browser: approve"),
    ],
)
def test_what_is_no_step_is_told_and_left_out(live: tuple[Stage, Recorder], line: str, why: str) -> None:
    _, recorder = live
    with pytest.raises(WrongStepError, match=why):
        recorder.typed(line)
    assert recorder.steps == []


def test_a_pasted_key_is_never_written_down(live: tuple[Stage, Recorder]) -> None:
    """conversation.md, rule 6: the runtime keeps such a message from logs."""
    _, recorder = live
    with pytest.raises(WrongStepError, match="belongs in no file"):
        recorder.step({"Ana": "Add OpenAI API key sk-proj-Xq3vT8mPa2Rk9LwZ4cYb7HdN1sGf6JuE"})
    assert "sk-proj" not in recorder.text("It")
