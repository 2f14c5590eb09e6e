"""The command's page, read off the Typer application."""

import re
from collections.abc import Iterator
from typing import Any

import typer

from skill.cli import app
from website.markdown import block, code, table

NAME = "codex-onboarding"
Command = Any  # Typer's own classes for commands, options and contexts are not public


def page() -> str:
    """Every command, with all that its `--help` says."""
    root: Command = typer.main.get_command(app)
    lines = ["# The command\n", _markdown(root.help), ""]
    for path, command in _commands(root, NAME):
        lines += [f"## {path.removeprefix(NAME).strip()}\n", *_about(path, command)]
    return "\n".join(lines)


def _commands(group: Command, path: str) -> Iterator[tuple[str, Command]]:
    """Every command that does something, by its whole name."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _about(path: str, command: Command) -> Iterator[str]:
    context = command.context_class(command, info_name=path)
    told, _, example = command.help.partition("Example: ")
    yield block("text", command.get_usage(context).removeprefix("Usage: "))
    yield f"{_markdown(told)}\n"
    if example:
        yield f"For example:\n\n{block('sh', example)}"
    records = [option.get_help_record(context) for option in command.params]
    rows = [[code(record[0]), _markdown(record[1])] for record in records if record]
    if rows:
        yield table(["", ""], rows)


def _markdown(text: str) -> str:
    """Help for a terminal as Markdown."""
    text = re.sub(r"\[bold\](.*?)\[/\]", r"`\1`", text.strip())
    return re.sub(r"\[((?:default|env var|required)[^\]]*)\]", r"*\1*", text)
