"""`doctor`, `keys` and `credentials`: the operator's commands."""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from skill.cli.host import host
from skill.cli.options import Account, Home, Json, Platform, User, settings_with
from skill.codex_file import export
from skill.doctor import examine
from skill.errors import OnboardingError, ProviderError
from skill.message import Owner
from skill.stores.rotation import rotate

keys = typer.Typer(no_args_is_help=True, help="The key that seals what is stored.")
credentials = typer.Typer(no_args_is_help=True, help="The stored logins.")


def register(app: typer.Typer) -> None:
    """Add these commands to `codex-onboarding`."""
    app.command()(doctor)
    app.add_typer(keys, name="keys")
    app.add_typer(credentials, name="credentials")


def doctor(home: Home = None, as_json: Json = False) -> None:
    """Look whether all is well: network, region, clock, folder, key, database.

    No code is spent. Ends with 1 when anything isn't well.

    Example: codex-onboarding doctor
    """
    findings = asyncio.run(examine(settings_with(home), lambda: datetime.now(UTC)))
    screen = Console(highlight=False, soft_wrap=True)
    for finding in findings:
        if as_json:
            typer.echo(json.dumps(asdict(finding)))
            continue
        mark = ("ok    ", "green") if finding.ok else ("wrong ", "bold red")
        screen.print(Text.assemble(mark, f"{finding.name:<13}{finding.says} {finding.next_step}".rstrip()))
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@keys.command("rotate")
def rotate_key(home: Home = None) -> None:
    """Exchange the key: everything that is stored is sealed anew.

    Backups from before need the old key. A key of our own is exchanged where
    it is kept; one from CODEX_ONBOARDING_KEY for CODEX_ONBOARDING_NEW_KEY. A
    running skill that is given both goes on through the exchange.

    Example: codex-onboarding keys rotate
    """
    with host(settings_with(home)) as skill:
        rotated = skill.wait(rotate(skill.onboarding.store, skill.onboarding.settings))
    typer.echo(f"{rotated.records} records are sealed with the new key, which comes from the {rotated.source}.")
    if rotated.damaged:
        typer.echo(f"{rotated.damaged} damaged records could not be opened and stay as they were found.")
    if rotated.source == "setting":
        typer.echo("Now set CODEX_ONBOARDING_KEY to the new key.")


@credentials.command("export")
def export_login(
    to_codex: Annotated[bool, typer.Option("--to-codex", help="Into Codex's auth.json.")] = False,
    codex_home: Annotated[Path | None, typer.Option(envvar="CODEX_HOME", show_default="~/.codex")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite another login in that file.")] = False,
    user: User = "me",
    home: Home = None,
    platform: Platform = "",
    account: Account = "",
) -> None:
    """Move a login to Codex, which keeps it from then on.

    Moved, not copied: two programs that share one login destroy it. Here it is
    neither used nor refreshed any more; to connect again, sign in anew.

    Example: codex-onboarding credentials export --to-codex --user ana
    """
    if not to_codex:
        raise typer.BadParameter("say where to: --to-codex", param_hint="export")
    folder = codex_home or Path.home() / ".codex"
    with host(settings_with(home)) as skill:
        work = export(skill.onboarding.handovers, Owner(platform, account, user), folder, replace)
        try:
            path, login = skill.wait(work)
        except OnboardingError as refused:
            due = isinstance(refused, ProviderError)
            why = "it has to be refreshed first, and the provider didn't do it; try again later" if due else refused
            typer.echo(f"codex-onboarding: nothing was moved: {why}", err=True)
            raise typer.Exit(1) from None
    typer.echo(f"Codex keeps the login of {login.email or login.account_id} now, in {path}. It is no longer used here.")
