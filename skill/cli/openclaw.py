"""`openclaw`: where the plugin for OpenClaw lies."""

import typer

from skill.runtimes.openclaw import FOLDER


def openclaw() -> None:
    """Print the folder of the plugin for OpenClaw.

    It gives each message to `codex-onboarding serve` before OpenClaw's model
    sees it: docs/runtimes/openclaw.md.

    Example: openclaw plugins install --link "$(codex-onboarding openclaw)"
    """
    typer.echo(FOLDER)
