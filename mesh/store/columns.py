"""Column types that mean the same on SQLite and on PostgreSQL."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Text, TypeDecorator

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is ordered by code points, whatever the locale of the database."""


class Instant(TypeDecorator[datetime]):
    """A moment, to the microsecond; comes back with the time zone UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Returns what the driver gets."""
        return value if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Returns what we get."""
        return value if value is None else value.replace(tzinfo=UTC)
