"""`record`: a chat that is written down as a script."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skill.cli.chat import LEAVE
from skill.cli.failures import BadFileError
from skill.cli.screen import Screen

if TYPE_CHECKING:  # its packages are an extra
    from skill.testing.record import Recorder

WELCOME = """\
Say something as {user}; what happens is written to {file}. Leave: /quit
A slash begins any other step, as in the file:
  /browser: approve        or approve on {page}
  /passes: 5 minutes       time passes only so
  /fault: poll 500         codex-onboarding provider --faults lists them
  /Ben: done, where: a chat with Ana
  /again: done             /do: restart        /tool: status, for: {user}
"""


def record(
    file: Annotated[Path, typer.Argument(help="Where to write it, such as sign-in.conversation.yaml.")],
    title: Annotated[str | None, typer.Option(help="What it shows; default: the file's name.")] = None,
    user: Annotated[str, typer.Option(help="Who is writing; a name with a capital letter.")] = "Ana",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Chat with the skill and a local provider, and write it down as a script for `replay`.

    Each line is a message. A line with a slash is any other step of a script:
    /browser: approve · /passes: 5 minutes · /fault: poll 500 · /do: restart.
    What the skill said and what the provider was asked is written beside it.

    Example: codex-onboarding record sign-in.conversation.yaml
    """
    from skill.testing.record import Recorder  # noqa: PLC0415
    from skill.testing.stage import Stage  # noqa: PLC0415

    if file.exists() and not force:
        raise BadFileError(f"{file} exists; --force replaces it")
    screen = Screen()
    with Stage() as stage:
        stage.listen()
        recorder = Recorder(stage)
        if screen.person:
            screen.console.print(WELCOME.format(user=user, file=file, page=stage.verification_url), markup=False)
        for line in _lines(screen):
            _step(screen, recorder, user, line)
        if not recorder.steps:
            raise BadFileError("nothing was said, so nothing is written")
        file.write_text(recorder.text(title or file.name.partition(".")[0]), encoding="utf-8")
    typer.echo(f"{file}: {len(recorder.steps)} steps. Play it: codex-onboarding replay {file}")


def _lines(screen: Screen) -> Iterator[str]:
    """What is typed, or stands on the standard input, until the person leaves."""
    given = iter(screen.ask, None) if screen.person else iter(sys.stdin)
    for line in given:
        words = str(line).strip()
        if words in LEAVE:
            return
        if words:
            yield words


def _step(screen: Screen, recorder: "Recorder", user: str, line: str) -> None:
    """One line; what is wrong with it is told, and left out."""
    from skill.testing.record import WrongStepError  # noqa: PLC0415

    try:
        seen = recorder.typed(line[1:]) if line.startswith("/") else recorder.step({user: line})
    except WrongStepError as wrong:
        screen.line("", f"Left out: {wrong}", "red")
        return
    if seen.asked:
        screen.line("provider", " ".join(seen.asked), "dim")
    if seen.answer is not None:
        screen.line("tool", str(seen.answer))
    if seen.replies:
        screen.reply(seen.reply)
