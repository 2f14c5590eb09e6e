"""What counts as a leak (conversation.md, rules 3 and 6)."""

from pathlib import Path

import pytest

from skill.core.states import State
from skill.message import Reply
from skill.testing import Evidence

CODE, PAGE = "WXYZ-12345", "https://auth.openai.com/codex/device"


def reply(text: str = "", **fields: object) -> Reply:
    return Reply.model_validate({"text": text, "state": State.IDLE, "language": "en", **fields})


@pytest.mark.parametrize(
    ("said", "leaks"),
    [
        (reply(f"enter {CODE}", user_code=CODE, verification_url=PAGE), []),
        (reply(f"enter {CODE}"), ["a text that does not show it (user code)"]),
        (reply("hello", notes=[f"it is {CODE}"]), ["a note or an address (user code)"]),
        (reply("hello", verification_url=f"{PAGE}?code={CODE}"), ["a note or an address (user code)"]),
        (reply("hello"), []),
    ],
)
def test_a_user_code_belongs_into_the_one_text_that_shows_it(tmp_path: Path, said: Reply, leaks: list[str]) -> None:
    assert Evidence([said], [], tmp_path).leaks([], [CODE]) == leaks


def test_a_secret_is_found_in_every_shape_and_never_named(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("Bearer%20s%2Fcret-0 YyswZS9sZXQ")
    found = Evidence([reply("s/cret-0")], [("a log line", "s/cret-0")], tmp_path).leaks(["s/cret-0"], [CODE])
    assert set(found) == {"a reply, idle", "a log line", "the file log.txt"}
