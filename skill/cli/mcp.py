"""`mcp`: the tool for MCP clients, over stdio or streamable HTTP."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from skill.cli.failures import BadFileError
from skill.cli.options import Home, User, settings_with


def mcp(
    http: Annotated[bool, typer.Option("--http", help="Streamable HTTP at /mcp instead of stdio.")] = False,
    host: Annotated[str, typer.Option(help="With --http: the address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="With --http: the port; 0 takes any.")] = 8770,
    tokens: Annotated[Path | None, typer.Option(help="With --http: who may call, JSON {name: token}.")] = None,
    user: User = "me",
    language: Annotated[str | None, typer.Option(help="Of the questions, where the person's words tell none.")] = None,
    home: Home = None,
) -> None:
    """Offer openai_oauth to an MCP client such as Claude Code, Cursor or VS Code.

    Before it starts, polls or logs out, the client asks its person. A client
    that can't ask may quote their words, where the operator allows that with
    CODEX_ONBOARDING_TRUST_QUOTED_WORDS=1.

    Over stdio the caller is --user. Over HTTP it is whose token comes with the
    call, so that --tokens is needed; put TLS in front of any address but loopback.

    Example: claude mcp add chatgpt -- codex-onboarding mcp
    """
    if http and tokens is None:
        raise typer.BadParameter('name a file such as {"ana": "…"} with mode 0600', param_hint="--tokens")
    if tokens and not http:
        raise typer.BadParameter("over stdio the caller is --user", param_hint="--tokens")
    from skill.runtimes.mcp import TokenFileError, Tokens, listen, over_http, over_stdio  # noqa: PLC0415 (an extra)

    settings = settings_with(home)
    if tokens is None:
        asyncio.run(over_stdio(settings, user, language))
        return
    try:
        people = Tokens.read(tokens)
    except TokenFileError as unfit:
        raise BadFileError(f"{tokens}: {unfit}") from None
    with listen(host, port) as listener:
        asyncio.run(over_http(settings, listener, people, language, typer.echo))
