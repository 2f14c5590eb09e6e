"""`replay`: scripted conversations, played and compared."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from skill.cli.failures import BadFileError
from skill.cli.options import Json

if TYPE_CHECKING:  # its packages are an extra
    from skill.testing.play import Played


def replay(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Conversations; of a folder, every *.conversation.yaml in it.")
    ] = None,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show only what differs.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema, for editors.")] = False,
) -> None:
    """Play scripted conversations against a local provider, and show where one first differs from its file.

    A script says who says what, and what must follow:

      title: Ana connects her subscription
      steps:
        - Ana: Sign in with my ChatGPT account
          skill: display          # a key of the texts, or: passes through
          asked: start            # all that the provider was asked, or: nothing
        - browser: approve
        - passes: 1 minute
        - Ana: done
          mentions: ana@example.test
          state: connected
          asked: poll exchange models

    Other steps: fault: poll 500 · again: done · do: restart · login: ended ·
    tool: status · calls: Ana · account: …. Time is virtual, the provider is on
    a real port, and at the end no secret may have got out. Ends with 1 at a
    difference and with 2 for a file that is no script.

    Example: codex-onboarding replay tests/conversations --quiet
    """
    from skill.testing.play import play  # noqa: PLC0415
    from skill.testing.reading import ScriptError, read, schema_text  # noqa: PLC0415

    if schema:
        typer.echo(schema_text(), nl=False)
        return
    if not files:
        raise typer.BadParameter("name a file or a folder", param_hint="FILES")
    try:
        scripts = [read(path) for path in _scripts(files)]
    except ScriptError as error:
        raise BadFileError(str(error)) from None
    differing = 0
    for script in scripts:
        played = play(script)
        differing += not played.as_written
        if not (quiet and played.as_written):
            _print_json(played) if as_json else _print(played)
    if not as_json:
        went = f"{differing} not as written" if differing else "all as written"
        typer.echo(f"{len(scripts)} conversation{'' if len(scripts) == 1 else 's'}, {went}.")
    if differing:
        raise typer.Exit(1)


def _scripts(given: list[Path]) -> Iterator[Path]:
    from skill.testing.reading import SUFFIX  # noqa: PLC0415

    for path in given:
        found = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
        if not found:
            raise BadFileError(f"{path}: no file here is named *{SUFFIX}")
        yield from found


def _print_json(played: "Played") -> None:
    from skill.testing.transcript import as_dict  # noqa: PLC0415

    typer.echo(json.dumps(as_dict(played), ensure_ascii=False))


def _print(played: "Played") -> None:
    """The difference in colour, where there is colour."""
    from skill.testing.transcript import transcript  # noqa: PLC0415

    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 120)
    styles = {"-": "red", "+": "green", "?": "dim"}
    for number, line in enumerate(transcript(played)):
        style = styles.get(line.strip()[:1], "") if line.startswith("  ") and line[2:3] in "-+? " else ""
        console.print(Text(line, "bold" if not number else style))
    console.print()
