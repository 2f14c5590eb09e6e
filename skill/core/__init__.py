"""The pure half: what happens next, and in which words. No HTTP, database, clock or environment in here."""
