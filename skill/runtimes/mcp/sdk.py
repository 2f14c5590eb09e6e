"""The official SDK in both of its generations, 1.26 and 2.x, and in both eras of the protocol, behind a few names.

In 2.x `mcp.server.fastmcp` is gone and `MCPServer` takes its place; from 2026-07-28 on a server can't push a question,
it returns one and is called again with the answer (runtimes.md, section 3.2). What is missing is asked for, never a
version number.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mcp.shared import exceptions

from skill.settings import LOOPBACK

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context, MCPServer
else:
    try:
        from mcp.server.mcpserver import Context, MCPServer
    except ModuleNotFoundError:
        _old = import_module("mcp.server.fastmcp")
        Context, MCPServer = _old.Context, _old.FastMCP

__all__ = ["ClientError", "Context", "MCPServer", "can_ask", "can_open", "http_app", "is_modern", "question"]

# What a client answers to a question that it can't or won't put; 1.x spells it McpError.
ClientError: type[Exception] = getattr(exceptions, "MCPError", None) or vars(exceptions)["McpError"]

_FIRST_WITHOUT_PUSH = "2026-07-28"
NO_FIELDS: dict[str, Any] = {"type": "object", "properties": {}}  # agreeing is all there is to answer


def is_modern(ctx: Context) -> bool:
    """Whether questions are returned instead of pushed. Only 2.x knows of it, and of the order of versions."""
    version = getattr(ctx, "protocol_version", None)
    return bool(version) and bool(import_module("mcp.types.version").is_version_at_least(version, _FIRST_WITHOUT_PUSH))


def can_ask(ctx: Context) -> bool:
    """Whether the client puts questions to its person. An empty declaration, from before there were modes, says yes."""
    declared = _elicitation(ctx)
    return declared is not None and (declared.form is not None or declared.url is None)


def can_open(ctx: Context) -> bool:
    """Whether the client leads its person to a page; its model sees neither page nor message."""
    declared = _elicitation(ctx)
    return declared is not None and declared.url is not None


def _elicitation(ctx: Context) -> Any:
    params = getattr(ctx.session, "client_params", None)  # all that 1.x has
    capabilities = getattr(ctx.session, "client_capabilities", None) or (params and params.capabilities)
    return capabilities.elicitation if capabilities else None


def question(key: str, state: str, message: str, url: str | None = None) -> Any:
    """A question as a modern server returns it; the SDK seals `state` before the client sees it."""
    types = import_module("mcp.types")
    params = (
        types.ElicitRequestURLParams(message=message, url=url)
        if url
        else types.ElicitRequestFormParams(message=message, requested_schema=NO_FIELDS)
    )
    return types.InputRequiredResult(input_requests={key: types.ElicitRequest(params=params)}, request_state=state)


def http_app(server: MCPServer, host: str) -> Any:
    """Streamable HTTP at /mcp, as an ASGI app. On loopback the SDK refuses names that lead there from web pages."""
    settings: Any = server.settings
    if not hasattr(settings, "transport_security"):
        return server.streamable_http_app(host=host)
    if host not in LOOPBACK:  # 1.x takes its default address for the real one
        settings.transport_security = None
    return server.streamable_http_app()
