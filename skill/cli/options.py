"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from skill.settings import Settings

User = Annotated[str, typer.Option(help="Who is writing.")]
Conversation = Annotated[str, typer.Option(help="In which conversation.")]
Platform = Annotated[str, typer.Option(help="On which chat platform.")]
Account = Annotated[str, typer.Option(help="To which bot or workspace of the platform.")]
Home = Annotated[
    Path | None,
    typer.Option(help="The data folder.", envvar="CODEX_ONBOARDING_HOME", show_default="~/.codex-onboarding"),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The provider's port; 0 takes any free one.")]


def settings_with(home: Path | None) -> Settings:
    """The operator's settings, with the data folder that was asked for."""
    return Settings(home=home) if home else Settings()
