"""The plugin for Hermes Agent: the host calls `register` once it is enabled (runtimes.md, section 3.1).

A message that may be ours is rewritten to our own slash command. So the host itself authorises the person, answers in
the right thread and keeps the exchange from its model; nobody is answered whom it wouldn't answer.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any

from skill.oauth.tool import NAME, SCHEMA
from skill.runtimes.hermes.engine import Engine
from skill.runtimes.hermes.gate import COMMAND, Gate
from skill.runtimes.hermes.keeper import Keeper
from skill.runtimes.hermes.last_line import LastLine
from skill.runtimes.hermes.seats import Seats
from skill.runtimes.hermes.tool import Tool
from skill.settings import Settings

PLUGIN = "chatgpt-codex-onboarding"

__all__ = ["register"]


def register(ctx: Any) -> None:
    """Take the plugin's places. Raises `pydantic.ValidationError` for wrong settings: the host then names them."""
    engine, seats = Engine(Settings()), Seats()
    gate, tool = Gate(engine, seats, Keeper(engine, PLUGIN)), Tool(engine, seats)
    last_line = LastLine(seats)
    ctx.register_hook("pre_gateway_dispatch", gate.on_message)
    ctx.register_command(COMMAND, gate.on_command, description="ChatGPT sign-in; just say it in your own words")
    ctx.register_tool(name=NAME, toolset=NAME, schema=SCHEMA, handler=tool.call, description=SCHEMA["description"])
    ctx.register_hook("pre_tool_call", tool.guard)
    ctx.register_middleware("llm_request", last_line.on_request)
    ctx.register_middleware("llm_execution", last_line.on_execution)
    ctx.register_skill("sign-in", Path(str(files("skill") / "SKILL.md")))
