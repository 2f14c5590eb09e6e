"""`serve`: the skill over HTTP."""

import base64
import contextlib
import os
from typing import Annotated

import typer

from skill import Onboarding
from skill.cli.options import Home, settings_with
from skill.cli.screen import leave_on_sigterm

WELCOME = """\
Listening on    {url}    (Ctrl-C ends it)
Described at    {url}/docs
Signs in at     {issuer}
"""
UNSIGNED = "No secret: any program on this machine may speak for anybody. See --new-secret."
SECRET_BYTES = 32


def serve(
    host: Annotated[str, typer.Option(help="The address; any but this machine's own needs a secret.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8787,
    home: Home = None,
    new_secret: Annotated[bool, typer.Option("--new-secret", help="Print a secret to sign with, and end.")] = False,
) -> None:
    """Serve the hook and the tool over HTTP, signed as Standard Webhooks ask.

    Hosts in any language send their messages to /v1/messages and the model's
    calls to /v1/tool. CODEX_ONBOARDING_WEBHOOK_SECRET holds the secret; several,
    separated by spaces, while one is exchanged.

    Example: CODEX_ONBOARDING_WEBHOOK_SECRET=$(codex-onboarding serve --new-secret) codex-onboarding serve
    """
    if new_secret:
        typer.echo(f"whsec_{base64.b64encode(os.urandom(SECRET_BYTES)).decode()}")
        return
    from skill.runtimes.service import OpenToOthersError, build, listen, run, url_of  # noqa: PLC0415 (an extra)

    leave_on_sigterm()
    settings = settings_with(home)
    try:
        listener = listen(settings, host, port)
    except OpenToOthersError as refused:
        raise typer.BadParameter(f"{refused}; make one with --new-secret", param_hint="--host") from None
    with listener, contextlib.suppress(KeyboardInterrupt):
        typer.echo(WELCOME.format(url=url_of(listener), issuer=settings.issuer), nl=False)
        if settings.webhook_secret is None:
            typer.echo(UNSIGNED, err=True)
        run(build(Onboarding(settings)), listener)
