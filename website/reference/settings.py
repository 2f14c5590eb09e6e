"""The page about the settings, read off the class that holds them."""

import json
from typing import Any

from pydantic_core import PydanticUndefined

from skill.settings import Settings
from website.markdown import code, table

ABOUT = """\
# Settings

Each is a variable of the environment, or an argument of `skill.Settings`, which comes before it. No message and no
argument of the tool can change any of them. A wrong value ends the program with a line that says what is wrong.

"""


def page() -> str:
    """A row for each setting."""
    prefix = str(Settings.model_config["env_prefix"])
    fields = Settings.model_fields.items()
    rows = [
        [code(prefix + name.upper()), code(_shown(name, field.get_default())), field.description or _plainly(name)]
        for name, field in fields
    ]
    return ABOUT + table(["variable", "default", "what it is"], rows)


def _shown(name: str, value: Any) -> str:
    """The default, as it would stand in the environment."""
    if value is PydanticUndefined or value is None:
        return "~/.codex-onboarding" if name == "home" else "none"
    if isinstance(value, frozenset):
        return json.dumps(sorted(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plainly(name: str) -> str:
    return name.replace("_", " ")
