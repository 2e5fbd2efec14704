"""The unit of work: what is read together, and what is written wholly or not at all."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext

from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mesh.errors import InvalidArgument, Unavailable
from mesh.store.engine import TURNS, WRITES

log = logging.getLogger(__name__)

_BUGS = (exc.IntegrityError, exc.ProgrammingError, exc.NotSupportedError)
"""Answers of a database that only a mistake of ours explains; they stay what they are."""


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Gives a connection for statements that read, each for itself.

    Raises:
        Unavailable: the database is busy, or does not answer.
        InvalidArgument: it refuses a value of the request.
    """
    with _translated():
        async with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execution_options(isolation_level="AUTOCOMMIT")
            yield connection


@asynccontextmanager
async def writing(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Gives a connection in a transaction: committed at the end, rolled back by an exception.

    On SQLite the transaction holds the write lock from its beginning. On PostgreSQL it is READ
    COMMITTED: rows that a decision rests on are read `with_for_update`.

    Raises:
        Unavailable: the database is busy, or does not answer; nothing was written unless the
            connection broke during the commit itself.
        InvalidArgument: it refuses a value of the request.
    """
    turns = engine.get_execution_options().get(TURNS)
    with _translated():
        async with turns.taken() if turns else nullcontext(), engine.connect() as connection:
            await connection.execution_options(**{WRITES: True})
            async with connection.begin():
                yield connection


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _BUGS:
        raise
    except (exc.DBAPIError, exc.TimeoutError, OSError) as error:
        if _refuses_value(error):
            raise InvalidArgument("a value cannot be stored", reason="UNSTORABLE_VALUE") from error
        # Said here, once: our caller shall not know what a database says of itself.
        log.warning("the database does not answer: %s", _words(error))
        raise Unavailable("the database does not answer", reason="DATABASE_UNAVAILABLE") from error


def _words(error: Exception) -> str:
    """Returns what the driver says, in one line: no statement, and no values of the request."""
    cause = getattr(error, "orig", None) or error
    return " ".join(str(cause).split()) or type(cause).__name__


def _refuses_value(error: Exception) -> bool:
    """Says whether it is of SQL's class of data exceptions, for example of a NUL in a text."""
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    return isinstance(error, exc.DataError) or str(sqlstate).startswith("22")
