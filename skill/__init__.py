"""Sign in with a ChatGPT/Codex subscription from any chat: a conversational agent skill as an explicit state machine.

from skill import Message, Onboarding, Settings
"""

from skill.message import Message, Reply
from skill.onboarding import Onboarding
from skill.settings import Settings

__all__ = ["Message", "Onboarding", "Reply", "Settings"]
__version__ = "0.1.0"
