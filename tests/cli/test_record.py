"""`record`: a chat that becomes a file."""

from pathlib import Path

from .conftest import run

LINES = """\
Sign in with my ChatGPT account
/browser: approve
/brwser: approve
done
/quit
log out of ChatGPT
"""


def test_a_chat_becomes_a_file_that_replay_plays(environment: dict[str, str], tmp_path: Path) -> None:
    """A line that is no step is told and left out; nothing after /quit counts."""
    file = tmp_path / "sign-in.conversation.yaml"
    done = run(environment, "record", str(file), lines=LINES)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Connected as ana@example.test" in done.stdout
    assert "Left out: a step has a person's name" in done.stdout
    assert done.stdout.endswith(f"{file}: 3 steps. Play it: codex-onboarding replay {file}\n")
    assert file.read_text(encoding="utf-8").startswith("title: sign-in\nsteps:\n  - Ana: Sign in with my ChatGPT")
    assert run(environment, "replay", str(file)).returncode == 0


def test_a_file_that_exists_is_kept_unless_forced(environment: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "mine.conversation.yaml"
    file.write_text("mine")
    done = run(environment, "record", str(file), lines="hello\n")
    assert (done.returncode, file.read_text()) == (2, "mine")
    assert done.stderr == f"codex-onboarding: {file} exists; --force replaces it\n"
    assert run(environment, "record", str(file), "--force", "--title", "Mine", lines="hello\n").returncode == 0
    assert file.read_text().startswith("title: Mine\n")


def test_where_nothing_is_said_nothing_is_written(environment: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "empty.conversation.yaml"
    done = run(environment, "record", str(file))
    assert (done.returncode, file.exists()) == (2, False)
