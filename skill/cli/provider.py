"""`provider`: a provider on this machine, to try everything without an account."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from skill.cli.options import Json, Port
from skill.cli.screen import Screen, leave_on_sigterm

if TYPE_CHECKING:  # its packages are an extra
    from skill.simulator import Record, Served

STEER = """\
Switch one on from another terminal; it lasts for one call unless "times" says otherwise:
  curl URL/_control -H 'content-type: application/json' \\
    -d '{"do": "fault", "endpoint": "poll", "name": "429", "retry_after": 7}'
Off again: {"do": "clear_faults"}.  Approve or decline a code: {"do": "approve", "user_code": "…"}.
What was asked so far: curl URL/_control
"""


def provider(
    port: Port = 0,
    as_json: Json = False,
    faults: Annotated[bool, typer.Option("--faults", help="List what can be made to go wrong, and how.")] = False,
) -> None:
    """Run a local provider: the whole sign-in protocol, with a page to approve on, and a log of its requests.

    Ctrl-C ends it. It listens on this machine only and knows invented accounts only.

    Example: codex-onboarding provider --port 8765
    """
    leave_on_sigterm()
    if faults:
        from skill.simulator import describe_faults  # noqa: PLC0415

        typer.echo(f"{describe_faults()}\n\n{STEER}", nl=False)
        return
    screen = Screen()
    with (
        contextlib.suppress(KeyboardInterrupt),
        local_provider(port, _log_json if as_json else log_to(screen)) as served,
    ):
        typer.echo(json.dumps(_addresses(served)) if as_json else _welcome(served))
        threading.Event().wait()


@contextlib.contextmanager
def local_provider(port: int, log: "Callable[[Record], None]") -> "Iterator[Served]":
    """A provider in a thread of its own, its requests told to `log`. Raises `PortTakenError`, an `OSError`."""
    from skill.simulator import LocalProvider, serve_in_thread  # noqa: PLC0415

    local = LocalProvider()
    local.on_request = log
    with serve_in_thread(local, port) as served:
        yield served


def log_to(screen: Screen) -> "Callable[[Record], None]":
    """The live log beside a chat: dim, and a poll bright, for it must never come by itself."""
    return lambda record: screen.line("provider", record.line(), "yellow" if record.endpoint == "poll" else "dim")


def _log_json(record: "Record") -> None:
    typer.echo(json.dumps(record.as_dict()))


def _addresses(served: "Served") -> dict[str, str]:
    return {
        "url": served.url,
        "page": served.page_url,
        "CODEX_ONBOARDING_ISSUER": served.issuer,
        "CODEX_ONBOARDING_BACKEND_URL": served.backend_url,
    }


def _welcome(served: "Served") -> str:
    return f"""\
Local provider  {served.url}    (Ctrl-C ends it; --faults lists what can go wrong)
Approve here    {served.page_url}
In another terminal:
  export CODEX_ONBOARDING_ISSUER={served.issuer} CODEX_ONBOARDING_BACKEND_URL={served.backend_url}
  codex-onboarding chat --home "$(mktemp -d)"
"""
