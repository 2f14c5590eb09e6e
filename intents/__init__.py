"""What did they mean? Labels for chat messages about a ChatGPT/Codex sign-in (intent-labels.md)."""

from intents.classifier import Reading, classify, read, warm_up
from intents.labels import Classification, Evidence, Label, Span

__all__ = ["Classification", "Evidence", "Label", "Reading", "Span", "classify", "read", "warm_up"]
