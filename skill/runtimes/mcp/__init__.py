"""The tool as an MCP server: `codex-onboarding mcp`, or `build(onboarding)` inside a program of one's own.

MCP shows a server no messages (runtimes.md, section 3.2). So the person's word comes from a question that their own
client puts to them (elicitation), or from words that the agent quotes, where the operator allows that.
"""

from skill.runtimes.common import extra_missing
from skill.runtimes.common import open_listener as listen

try:
    from skill.runtimes.mcp.serve import over_http, over_stdio
    from skill.runtimes.mcp.server import build
    from skill.runtimes.mcp.tokens import TokenFileError, Tokens
except ModuleNotFoundError as missing:
    raise extra_missing("mcp", missing, "mcp", "uvicorn") from None

__all__ = ["TokenFileError", "Tokens", "build", "listen", "over_http", "over_stdio"]
