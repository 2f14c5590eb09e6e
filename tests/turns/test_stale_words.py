"""Words that would start count only if they answer what was told (conversation.md, rule 7)."""

from datetime import timedelta

import pytest

from skill.testing import Stage


@pytest.mark.parametrize(("sent", "starts"), [(-30, 1), (-5, 2)])
@pytest.mark.parametrize(
    ("asked", "answer"), [("Sign in with my ChatGPT account", "try again"), ("use OpenAI", "subscription")]
)
def test_words_sent_before_the_question_they_would_answer_start_nothing(
    stage: Stage, asked: str, answer: str, sent: int, starts: int
) -> None:
    stage.provider.fault("start", "500")
    if answer == "subscription":
        stage.say("Wei", "Sign in with my ChatGPT account")  # takes the fault
    stage.say("Ana", asked)
    stage.clock.advance(timedelta(seconds=20))
    stage.say("Ana", answer, sent_at=stage.clock.now() + timedelta(seconds=sent))
    assert stage.asked("start") == starts
