"""The time of day. What needs it is given a clock; this is the real one."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Returns the present moment."""
    return datetime.now(UTC)
