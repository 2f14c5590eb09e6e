"""The page about the settings, read off the class that holds them."""

import json
from typing import Any

from skill.settings import Settings
from website.markdown import code

ABOUT = """\
# Settings

Each is a variable of the environment, or an argument of `skill.Settings`, which comes before it. No message and no
argument of the tool can change any of them. A wrong value ends the program with a line that says what is wrong.

"""


def page() -> str:
    """An entry for each setting."""
    prefix = str(Settings.model_config["env_prefix"])
    fields = Settings.model_fields.items()
    entries = (
        f"`{prefix}{name.upper()}`\n: {_about(name, field.description, field.get_default())}\n"
        for name, field in fields
    )
    return ABOUT + "\n".join(entries)


def _about(name: str, description: str | None, default: Any) -> str:
    """What it is, and its default where that isn't said already."""
    told = description or name.replace("_", " ")
    return told if "default:" in told else f"{told}  \n  default: {_shown(name, default)}"


def _shown(name: str, value: Any) -> str:
    """The default, as it would stand in the environment."""
    if name == "home":
        return code("~/.codex-onboarding")
    if value is None:
        return "none"
    return code(json.dumps(sorted(value)) if isinstance(value, frozenset) else str(value).removesuffix(".0").lower())
