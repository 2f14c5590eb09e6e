"""The true time, where nobody brings another clock."""

from datetime import UTC, datetime


def utc() -> datetime:
    """Now, as an aware datetime."""
    return datetime.now(UTC)
