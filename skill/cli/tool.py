"""`tool` and `diagram`: what an agent sees of the skill."""

import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from skill.cli.host import host
from skill.cli.options import Account, Conversation, Home, Json, Platform, User, settings_with
from skill.core import machine
from skill.core.states import Action
from skill.oauth.tool import SCHEMA


def tool(
    action: Annotated[Action | None, typer.Argument(help="What to do.")] = None,
    pending_id: Annotated[str | None, typer.Option(help="From start; poll needs it.")] = None,
    force: Annotated[bool, typer.Option("--force", help="models, usage: bypass the cache.")] = False,
    user_message: Annotated[str | None, typer.Option(help="The person's own words; see above.")] = None,
    user: User = "me",
    conversation: Conversation = "terminal",
    home: Home = None,
    platform: Platform = "",
    account: Account = "",
    as_json: Json = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema for LLM function calling.")] = False,
) -> None:
    """Call openai_oauth and print what it returns; ends with 1 when that isn't ok.

    start, poll and logout each spend one request of the person. Two ways lead
    to one: [bold]CODEX_ONBOARDING_ANSWERS=agent codex-onboarding chat[/], where their
    message is kept for the tool; or their words in --user-message, with
    [bold]CODEX_ONBOARDING_TRUST_QUOTED_WORDS=1[/].

    Example: codex-onboarding tool start --user-message "Use my Codex plan"
    """
    if schema:
        typer.echo(json.dumps(SCHEMA, indent=2))
        return
    if action is None:
        raise typer.BadParameter(f"one of: {', '.join(Action)}", param_hint="ACTION")
    person: dict[str, Any] = {"user_id": user, "conversation_id": conversation}
    person |= {"platform": platform, "account": account}
    with host(settings_with(home)) as skill:
        call = skill.onboarding.openai_oauth(action, pending_id, force, user_message, **person)
        answer = skill.wait(call)
    if as_json or not sys.stdout.isatty():
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        Console(highlight=False).print(_table(answer))
    if not answer["ok"]:
        raise typer.Exit(1)


def _table(answer: dict[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, value in answer.items():
        table.add_row(Text(name, "bold"), Text(_readable(value)))
    return table


def _readable(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(map(_readable, value)) or "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def diagram() -> None:
    """Print the machine as a Mermaid diagram, drawn from its table of moves.

    Example: codex-onboarding diagram > machine.mmd
    """
    typer.echo(machine.diagram(), nl=False)
