"""Sign in with a ChatGPT/Codex subscription from any chat: a conversational agent skill as an explicit state machine.

from skill import Message, Onboarding, Settings
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skill.message import Message, Reply
    from skill.onboarding import Onboarding
    from skill.settings import Settings

__all__ = ["Message", "Onboarding", "Reply", "Settings"]
__version__ = "0.1.0"

_HOMES = {
    "Message": "skill.message",
    "Onboarding": "skill.onboarding",
    "Reply": "skill.message",
    "Settings": "skill.settings",
}


def __getattr__(name: str) -> object:
    """Import on first use: every pytest run loads our plugin, and most have no use for a database and a client."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
