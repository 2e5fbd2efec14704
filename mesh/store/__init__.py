"""A service's own database: its engine, its migrations, the unit of work, rows by name."""

from mesh.store.columns import TEXT, Instant
from mesh.store.engine import open_engine
from mesh.store.migrations import migrate
from mesh.store.rows import insert_absent, row_created_by, row_named, rows_named
from mesh.store.unit_of_work import reading, writing

__all__ = [
    "TEXT",
    "Instant",
    "insert_absent",
    "migrate",
    "open_engine",
    "reading",
    "row_created_by",
    "row_named",
    "rows_named",
    "writing",
]
