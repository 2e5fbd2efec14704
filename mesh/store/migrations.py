"""Brings a database to the newest migration when its service starts."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, exc
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh.startup import StartupError
from mesh.store.engine import WRITES

_ADVISORY_LOCK = 0x5E1BED6E
"""The key under which processes that start at once take turns on PostgreSQL."""


async def migrate(engine: AsyncEngine, migrations: Path) -> None:
    """Runs the migrations below `migrations`/versions that the database has not seen.

    All in one transaction, and one process at a time: others wait, then find nothing to do.

    Raises:
        StartupError: the database cannot be reached, is damaged, or is newer than this program.
            Nothing in it was changed then.
    """
    script = ScriptDirectory(str(migrations))
    with _explained(engine):
        async with engine.connect() as connection:
            await connection.execution_options(**{WRITES: True})
            await connection.run_sync(_refuse_damaged)
            async with connection.begin():
                await connection.run_sync(_upgrade, script)


def _refuse_damaged(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    found = connection.connection.cursor()
    found.execute("PRAGMA quick_check(1)")
    answer = found.fetchone()
    found.close()
    if answer is None or answer[0] != "ok":
        raise sqlite3.DatabaseError(answer[0] if answer else "quick_check says nothing")


def _upgrade(connection: Connection, script: ScriptDirectory) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
    context = MigrationContext.configure(
        connection,
        opts={"fn": lambda heads, _: script._upgrade_revs("head", heads)},
    )
    known = {revision.revision for revision in script.walk_revisions()}
    if unknown := set(context.get_current_heads()) - known:
        raise StartupError(
            f"{_address(connection.engine.url)} is at migration {', '.join(sorted(unknown))}, "
            "newer than this program: start a newer version of it"
        )
    with Operations.context(context):
        context.run_migrations()


@contextmanager
def _explained(engine: AsyncEngine) -> Iterator[None]:
    try:
        yield
    except (exc.DBAPIError, exc.TimeoutError, sqlite3.Error, OSError) as error:
        cause = getattr(error, "orig", None) or error
        reason = " ".join(str(cause).split()) or type(cause).__name__
        remedy = _REMEDIES.get(engine.dialect.name, "")
        raise StartupError(
            f"{_address(engine.url)} cannot be used: {reason}; nothing was changed; {remedy}"
        ) from error


_REMEDIES = {
    "sqlite": "repair it, or put a backup in its place",
    "postgresql": "check that the server runs and that SELVEDGE_DATABASE_URL leads to it",
}


def _address(url: URL) -> str:
    """Returns the database as people know it, without its password."""
    host = f" at {url.host}" if url.host else ""
    return f"database {url.database}{host}"
