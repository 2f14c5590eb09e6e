"""Sign in with a ChatGPT/Codex subscription from any chat."""

__version__ = "0.1.0"
