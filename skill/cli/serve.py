"""`serve`: the skill over HTTP, and with `--page` as a chat in the browser."""

import base64
import contextlib
import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from intents import warm_up
from skill import Onboarding
from skill.cli.demo import local_settings
from skill.cli.options import Home, settings_with
from skill.cli.provider import local_provider
from skill.cli.screen import leave_on_sigterm
from skill.settings import Settings

if TYPE_CHECKING:  # its packages are an extra
    from skill.runtimes.page import ChatPage

WELCOME = """\
Listening on    {url}    (Ctrl-C ends it)
Described at    {url}/docs
Signs in at     {issuer}
"""
PAGE = "Chat page       {url}/chat\n"
UNSIGNED = "No secret: any program on this machine may speak for anybody. See --new-secret."
SECRET_BYTES = 32


def serve(
    host: Annotated[str, typer.Option(help="The address; any but this machine's own needs a secret.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8787,
    home: Home = None,
    page: Annotated[bool, typer.Option("--page", help="A chat page beside a provider on this machine.")] = False,
    new_secret: Annotated[bool, typer.Option("--new-secret", help="Print a secret to sign with, and end.")] = False,
) -> None:
    """Serve the hook and the tool over HTTP, signed as Standard Webhooks ask.

    Hosts in any language send their messages to /v1/messages and the model's
    calls to /v1/tool. CODEX_ONBOARDING_WEBHOOK_SECRET holds the secret; several,
    separated by spaces, while one is exchanged.

    [bold]--page[/] adds a chat page for trying, on this machine only. Where no
    CODEX_ONBOARDING_ISSUER is set it brings a provider of its own, and keeps
    nothing, whatever data folder is named.

    Example: codex-onboarding serve --page
    """
    if new_secret:
        typer.echo(f"whsec_{base64.b64encode(os.urandom(SECRET_BYTES)).decode()}")
        return
    from skill.runtimes.service import OpenToOthersError, build, is_loopback, listen, run, url_of  # noqa: PLC0415

    leave_on_sigterm()
    if page and not is_loopback(host):
        raise typer.BadParameter("the chat page is for this machine only", param_hint="--host")
    with _settings(home, page) as settings, contextlib.suppress(KeyboardInterrupt):
        onboarding = Onboarding(settings)
        chat_page = _chat_page(onboarding) if page else None
        try:
            listener = listen(settings, host, port)
        except OpenToOthersError as refused:
            raise typer.BadParameter(f"{refused}; make one with --new-secret", param_hint="--host") from None
        with listener:
            typer.echo(WELCOME.format(url=url_of(listener), issuer=settings.issuer), nl=False)
            if chat_page:
                typer.echo(PAGE.format(url=url_of(listener)), nl=False)
            elif settings.webhook_secret is None:
                typer.echo(UNSIGNED, err=True)
            app = build(onboarding, page=chat_page)
            warm_up()
            gc.freeze()  # what is there now stays: looking through it again and again would hold the event loop up
            run(app, listener)


@contextlib.contextmanager
def _settings(home: Path | None, page: bool) -> Iterator[Settings]:
    """The operator's. A page where nobody named a provider is for trying: one of its own, and a folder that goes."""
    settings = settings_with(home)
    if not page or "issuer" in settings.model_fields_set:
        yield settings
        return
    with tempfile.TemporaryDirectory(prefix="codex-onboarding-") as folder, local_provider(0, lambda _: None) as served:
        secret = {"webhook_secret": settings.webhook_secret}
        yield local_settings(Path(folder), served).model_copy(update=secret)


def _chat_page(onboarding: Onboarding) -> "ChatPage":
    from skill.runtimes.page import ChatPage, NotLocalError  # noqa: PLC0415 (an extra)

    try:
        return ChatPage(onboarding)
    except NotLocalError as refused:
        raise typer.BadParameter(f"{refused}; see: codex-onboarding provider", param_hint="--page") from None
