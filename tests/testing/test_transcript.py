"""A played script as people read it: a line or more for every kind of step."""

from pathlib import Path

from skill.testing.play import play
from skill.testing.reading import read
from skill.testing.transcript import transcript

SCRIPT = """
title: Everything that can happen
steps:
  - account: ben@example.test
    has: {plan: pro}
  - Ana: Sign in with my ChatGPT account
    how: forwarded
  - Ana: use OpenAI
    where: shared room
    sent: 1 minute
    times: 2
  - Ana: Sign in with my ChatGPT account
  - again: Sign in with my ChatGPT account
    times: 2
  - fault: poll 500
  - Ana: done
  - passes: 2 minutes
  - browser: approve
    account: ben@example.test
  - do: restart
  - Ana: approved
  - tool: models
    for: Ana
    with: {force: true}
  - calls: Ana
  - login: ended
    account: ben@example.test
  - browser: decline
"""
LINES = (
    "account  ben@example.test has plan pro",
    "Ana      Sign in with my ChatGPT account (forwarded)",
    "Ana      use OpenAI (in shared room) (sent 1 minute ago) (2 times at once)",
    "again    Sign in with my ChatGPT account (2 times at once)",
    "fault    poll 500",
    "time     2 minutes later",
    "browser  approve as ben@example.test",
    "the skill restarts",
    "agent    models for Ana, force: True",
    "agent    calls a model with the subscription of Ana",
    "login    ended, of ben@example.test",
    "browser  decline",
)


def test_a_transcript_tells_every_kind_of_step(tmp_path: Path) -> None:
    path = tmp_path / "all.conversation.yaml"
    path.write_text(SCRIPT, encoding="utf-8")
    told = [" ".join(line.split()) for line in transcript(play(read(path)))]
    for line in LINES:
        assert " ".join(line.split()) in told
