"""Rows by the unique columns that a table of resources has: `name`, and `request_id`."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


async def row_named(
    connection: AsyncConnection, table: Table, name: str, *, lock: bool = False
) -> Row[Any] | None:
    """Returns the row of a resource name; `lock` keeps it as it is until the transaction ends."""
    statement = select(table).where(table.c.name == name)
    found = await connection.execute(statement.with_for_update() if lock else statement)
    return found.one_or_none()


async def rows_named(
    connection: AsyncConnection, table: Table, names: Sequence[str]
) -> list[Row[Any]]:
    """Returns the rows that exist among the names, in the order of the names, each once."""
    found = await connection.execute(select(table).where(table.c.name.in_(set(names))))
    rows = {row.name: row for row in found}
    return [rows[name] for name in dict.fromkeys(names) if name in rows]


async def row_created_by(
    connection: AsyncConnection, table: Table, request_id: str
) -> Row[Any] | None:
    """Returns the row that a request of this id created before (AIP-155); an empty id has none."""
    if not request_id:
        return None
    found = await connection.execute(select(table).where(table.c.request_id == request_id))
    return found.one_or_none()


async def insert_absent(
    connection: AsyncConnection, table: Table, row: Mapping[str, object]
) -> bool:
    """Inserts the row unless one with an equal unique value is there; says whether it did."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**row).on_conflict_do_nothing()
    return (await connection.execute(statement)).rowcount == 1
