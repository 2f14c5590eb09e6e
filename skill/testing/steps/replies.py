"""The replies that steps look at."""

import re

from skill.message import Reply
from skill.testing.stage import Stage


def all_replies(stage: Stage) -> list[Reply]:
    """To the last delivery; silence among them fails the step."""
    found = [reply for reply in stage.replies if reply is not None]
    assert found and len(found) == len(stage.replies), f"silence, or nothing yet: {stage.replies}"
    return found


def last_reply(stage: Stage) -> Reply:
    """What was said last."""
    return all_replies(stage)[-1]


def filled(stage: Stage, words: str) -> str:
    """The words with `{user_code}`, the latest, and `{verification_url}` filled in."""
    values = {"user_code": stage.code, "verification_url": stage.verification_url} if "{" in words else {}
    return re.sub(r"{(\w+)}", lambda name: values[name[1]], words)


def state_of(stage: Stage) -> str:
    """Where the conversation stands, as the last reply tells it."""
    return last_reply(stage).state.value
