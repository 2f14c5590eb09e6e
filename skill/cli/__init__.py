"""The command `codex-onboarding`: translates between a terminal and the skill, and decides nothing."""

import io
import logging
import sys
from typing import Annotated

import typer

from skill import __version__
from skill.cli import care, folder
from skill.cli.chat import chat
from skill.cli.demo import demo
from skill.cli.failures import REPORTED, explain
from skill.cli.judge import classify, evaluate
from skill.cli.mcp import mcp
from skill.cli.openclaw import openclaw
from skill.cli.people import forget, report, trail
from skill.cli.provider import provider
from skill.cli.record import record
from skill.cli.replay import replay
from skill.cli.serve import serve
from skill.cli.tool import diagram, tool

# Without Typer's own tracebacks: a failure is one line, and a bug shows no values of variables.
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
for command in (
    demo,
    chat,
    provider,
    serve,
    replay,
    record,
    classify,
    evaluate,
    tool,
    diagram,
    mcp,
    openclaw,
    report,
    trail,
    forget,
):
    app.command()(command)
care.register(app)
folder.register(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"codex-onboarding {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version.")
    ] = False,
) -> None:
    """Sign in with a ChatGPT/Codex subscription from any chat.

    Begin with [bold]codex-onboarding demo[/]: a provider on this machine, and a chat beside it.
    """


def run() -> None:
    """The whole command. What goes wrong on the way is told in one line, and ends with 2."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")  # no byte that comes or goes may end the program
    logging.basicConfig(format="codex-onboarding: %(message)s", level=logging.WARNING)
    try:
        app()
    except REPORTED as failure:
        typer.echo(f"codex-onboarding: {explain(failure)}", err=True)
        sys.exit(2)
