"""`demo`: a local provider and a chat, side by side; without a terminal it plays and checks itself."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import httpx
import typer

from skill.cli.chat import converse
from skill.cli.host import Host, host
from skill.cli.options import Port
from skill.cli.provider import local_provider, log_to
from skill.cli.scenes import BrokenPromiseError, Desk, play
from skill.cli.screen import Screen, leave_on_sigterm
from skill.settings import Settings, defaults
from skill.stores.vault import SIZE, as_text

if TYPE_CHECKING:  # its packages are an extra
    from skill.simulator import Served

WELCOME = """\
A provider on this machine stands in for OpenAI; nothing leaves it, and nothing is kept.
Its requests appear between the messages. Watch the polls: one for each "done", none by itself.

Say      Sign in with my ChatGPT account  (or 使用我的Codex订阅), then: not yet, done,
         which ChatGPT models do I have?, how much of my Codex limit is left?, log out of ChatGPT
Approve  {page}
         or right here: /approve [account], /decline        Leave: /quit
"""


def demo(
    port: Port = 0,
    self_play: Annotated[bool, typer.Option("--play", help="Watch it play by itself.")] = False,
) -> None:
    """Try the main job: a provider on this machine and a chat beside it. No account needed.

    In a terminal you type, and approve on the provider's page. With no
    terminal attached, or with [bold]--play[/], it plays a conversation in English and
    one in Chinese, and ends with 1 if anything is not as promised.

    Example: codex-onboarding demo --port 8765
    """
    leave_on_sigterm()
    screen = Screen()
    with (
        tempfile.TemporaryDirectory(prefix="codex-onboarding-") as home,
        local_provider(port, log_to(screen)) as served,
    ):
        # A proxy of the surroundings must not come between this machine and itself.
        client = httpx.AsyncClient(trust_env=False, timeout=12)
        with host(_settings(Path(home), served), client) as skill:
            try:
                if screen.person and not self_play:
                    _let_them_type(screen, skill, served)
                else:
                    _perform(screen, skill, served)
            finally:
                skill.wait(client.aclose())


def _settings(home: Path, served: "Served") -> Settings:
    """The same demo for everybody, with a key of its own, so that none is left in a keyring."""
    key = as_text(os.urandom(SIZE))
    return defaults(home=home, key=key, issuer=served.issuer, backend_url=served.backend_url)


def _let_them_type(screen: Screen, skill: Host, served: "Served") -> None:
    desk = Desk(screen, skill, served, {"user_id": "you", "conversation_id": "demo", "private": True})
    screen.console.print(WELCOME.format(page=served.page_url), markup=False)
    converse(screen, desk.say, {"/approve": desk.approve, "/decline": desk.decline})


def _perform(screen: Screen, skill: Host, served: "Served") -> None:
    try:
        confirmations, polls = play(screen, skill, served)
    except BrokenPromiseError as broken:
        typer.echo(f"codex-onboarding: not as promised: {broken}", err=True)
        raise typer.Exit(1) from None
    screen.console.print(f"\n{confirmations} confirmations, {polls} polls. All as promised.")
