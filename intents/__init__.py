"""What did they mean? Labels for chat messages about a ChatGPT/Codex sign-in."""
