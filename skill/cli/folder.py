"""`skill export`: the skill as a folder for agents."""

from pathlib import Path
from typing import Annotated

import typer

from skill.cli.failures import BadFileError
from skill.folder import NAME, FolderError, export

skill = typer.Typer(no_args_is_help=True, help="The skill as a folder that agents read.")


def register(app: typer.Typer) -> None:
    """Add these commands to `codex-onboarding`."""
    app.add_typer(skill, name="skill")


@skill.command("export")
def export_skill(
    into: Annotated[
        Path,
        typer.Argument(metavar="DIR", help=f"Where an agent looks for skills; {NAME}/ is made in it."),
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier copy.")] = False,
) -> None:
    """Write the skill where an agent reads skills: a folder with SKILL.md, its Chinese twin and every sentence.

    The agent needs the tool openai_oauth too: from its platform, from
    [bold]codex-onboarding mcp[/], or as [bold]codex-onboarding tool[/] in a shell. The folder only
    explains; the rules are kept by the tool.

    Example: codex-onboarding skill export ~/.claude/skills
    """
    try:
        folder = export(into, force)
    except FolderError as unfit:
        raise BadFileError(str(unfit)) from None
    typer.echo(f"{folder} is written. It needs the tool: codex-onboarding mcp --help, codex-onboarding tool --help")
