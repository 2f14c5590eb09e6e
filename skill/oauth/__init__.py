"""The OAuth half: the provider's wire, the credential's life, and the tool `openai_oauth`."""
