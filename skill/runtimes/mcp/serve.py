"""The server for as long as its clients want it, with an `Onboarding` of its own."""

import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from mcp.server.auth.settings import AuthSettings

from skill.onboarding import Onboarding
from skill.runtimes.mcp import sdk
from skill.runtimes.mcp.server import build
from skill.runtimes.mcp.tokens import Tokens
from skill.settings import Settings

LOCAL = "127.0.0.1"


async def over_stdio(settings: Settings, user: str, language: str | None) -> None:
    """For the one person at this machine. Raises `StorageError` before anything is served."""
    async with Onboarding(settings) as onboarding:
        await onboarding.ready()
        await build(onboarding, user, language).run_stdio_async()


async def over_http(
    settings: Settings, listener: socket.socket, tokens: Tokens, language: str | None, tell: Callable[[str], None]
) -> None:
    """For whoever brings one of the tokens; `tell` gets the address. Raises `StorageError` before that."""
    host, port = listener.getsockname()[:2]
    # The SDK wants to be told who issued the tokens; here the operator did, and there is nothing to discover.
    issuer: Any = f"http://{LOCAL}:{port}"
    auth = AuthSettings(issuer_url=issuer, resource_server_url=None)
    async with Onboarding(settings) as onboarding:
        await onboarding.ready()
        server = build(onboarding, language=language, token_verifier=tokens, auth=auth)
        config = uvicorn.Config(sdk.http_app(server, host), log_level="warning", ws="none", server_header=False)
        tell(f"http://{f'[{host}]' if ':' in host else host}:{port}/mcp")  # a caller may come from here on
        await uvicorn.Server(config).serve(sockets=[listener])
