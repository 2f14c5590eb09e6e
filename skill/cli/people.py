"""`report`, `trail` and `forget`: what became of people's sign-ins, and what is stored of a person."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from skill import report as reports
from skill.cli.host import host
from skill.cli.options import Account, Home, Json, Platform, User, settings_with
from skill.message import Owner

Days = Annotated[int, typer.Option(min=1, help="How far to look back.")]


def report(days: Days = 30, home: Home = None, as_json: Json = False) -> None:
    """Print how far sign-ins came, and what ended those that came no further.

    Counted from the audit trail, which holds neither words nor secrets.

    Example: codex-onboarding report --days 7
    """
    with host(settings_with(home)) as skill:
        found = skill.wait(reports.funnel(skill.onboarding.store, datetime.now(UTC) - timedelta(days=days)))
    if as_json:
        typer.echo(json.dumps(asdict(found), default=str))
        return
    table = Table("", "times", "people", box=None, pad_edge=False)
    for name, count in found.reached.items():
        table.add_row(name, str(count.times), str(count.people))
    for name, count in found.why_not.items():
        table.add_row(f"  {name}", str(count.times), str(count.people), style="dim")
    Console(highlight=False).print(table)


def trail(
    user: User = "me", home: Home = None, platform: Platform = "", account: Account = "", as_json: Json = False
) -> None:
    """Print one person's audit trail: what happened to their sign-in and login, and when.

    Example: codex-onboarding trail --user ana --platform slack
    """
    with host(settings_with(home)) as skill:
        entries = skill.wait(reports.history(skill.onboarding.store, Owner(platform, account, user)))
    for entry in entries:
        if as_json:
            typer.echo(json.dumps(asdict(entry), default=str))
            continue
        why = f" ({entry.reason})" if entry.reason else ""
        typer.echo(f"{entry.at:%Y-%m-%d %H:%M:%S}  {entry.before} -> {entry.after}  {entry.event}{why}")


def forget(
    user: User,
    home: Home = None,
    platform: Platform = "",
    account: Account = "",
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask first.")] = False,
) -> None:
    """Delete all that is stored of a person, and end their login at the provider.

    Example: codex-onboarding forget --user ana
    """
    if not yes:
        typer.confirm(f"Delete everything that is stored of {user}?", abort=True)
    with host(settings_with(home)) as skill:
        gone = skill.wait(skill.onboarding.forget(user, platform=platform, account=account))
    typer.echo(f"{gone.rows} rows were deleted." if gone.rows else "Nothing was stored of this person.")
    if gone.unconfirmed:
        typer.echo("The provider didn't confirm the end of the login; in ChatGPT's own settings the person can end it.")
