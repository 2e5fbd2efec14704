"""SQLite on the event loop, in the shape that SQLAlchemy's aiosqlite dialect drives.

aiosqlite hands every step of a statement to a thread and back: some hundred microseconds, five
times for one read, where SQLite itself takes ten. Here a statement runs where it is asked for: in
WAL mode a read waits for nobody. What can wait does so without holding up the loop: a commit
syncs the disk in a thread, and a lock that another process holds is asked for again later.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, ParamSpec

P = ParamSpec("P")
RETRY_SECONDS_MIN, RETRY_SECONDS_MAX = 0.001, 0.016


class Cursor:
    """The steps of one statement."""

    def __init__(self, connection: "Connection", cursor: sqlite3.Cursor) -> None:
        self._connection = connection
        self._cursor = cursor

    async def __aenter__(self) -> "Cursor":
        return self

    @property
    def description(self) -> Any:
        """What the columns are, None for a statement without rows."""
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        """How many rows the statement changed."""
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The row id of the last insert."""
        return self._cursor.lastrowid

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Runs a statement."""
        await self._connection.patiently(self._cursor.execute, statement, parameters)

    async def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Runs a statement for each row of parameters."""
        await self._connection.patiently(self._cursor.executemany, statement, rows)

    async def fetchone(self) -> Any:
        """Returns the next row, None after the last."""
        return self._cursor.fetchone()

    async def fetchall(self) -> list[Any]:
        """Returns the rows that are left."""
        return self._cursor.fetchall()

    async def close(self) -> None:
        """Ends the statement."""
        self._cursor.close()


class Connection:
    """A connection to one database. It begins no transaction by itself."""

    def __init__(self, connection: sqlite3.Connection, lock_timeout_seconds: float) -> None:
        self._connection = connection
        self._lock_timeout_seconds = lock_timeout_seconds

    def cursor(self) -> Cursor:
        """Returns a cursor for one statement."""
        return Cursor(self, self._connection.cursor())

    async def create_function(self, *arguments: Any, **options: Any) -> None:
        """Gives SQL a function of ours; the dialect adds its own."""
        self._connection.create_function(*arguments, **options)

    async def commit(self) -> None:
        """Makes what the transaction wrote last; nothing to do without one."""
        if self._connection.in_transaction:
            await self.patiently(self._commit)

    async def _commit(self) -> None:
        committing = asyncio.create_task(asyncio.to_thread(self._connection.commit))
        try:
            await asyncio.shield(committing)
        except asyncio.CancelledError:
            # The connection is the thread's until it is done: nobody may close it before.
            await asyncio.wait((committing,))
            raise

    async def rollback(self) -> None:
        """Undoes what the transaction wrote; nothing to do without one."""
        if self._connection.in_transaction:
            self._connection.rollback()

    async def close(self) -> None:
        """Ends the connection, and undoes a transaction under way."""
        self._connection.close()

    def stop(self) -> None:
        """Does the same where nothing can be awaited."""
        self._connection.close()

    async def patiently(self, work: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
        """Does the work, again and again while another connection holds the lock it needs.

        Raises:
            sqlite3.OperationalError: the lock was held for the whole lock timeout.
        """
        started = asyncio.get_running_loop().time()
        pause = RETRY_SECONDS_MIN
        while True:
            try:
                done = work(*args, **kwargs)
                if asyncio.iscoroutine(done):
                    await done
                return
            except sqlite3.OperationalError as error:
                waited = asyncio.get_running_loop().time() - started
                if not _busy(error) or waited > self._lock_timeout_seconds:
                    raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, RETRY_SECONDS_MAX)


class Turns:
    """Writers of one engine go one after another, in the order in which they came.

    Who waits holds no connection meanwhile, so readers find one, and nobody is overtaken, as the
    asking again and again for SQLite's own lock would have it.
    """

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Waits for the turn, and gives it on at the end.

        Raises:
            TimeoutError: it did not come in time.
        """
        async with asyncio.timeout(self._timeout_seconds):
            await self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()


def _busy(error: sqlite3.OperationalError) -> bool:
    # The low byte is the primary result code: SQLITE_BUSY_SNAPSHOT and its like are SQLITE_BUSY.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


async def connect(database: str, *, lock_timeout_seconds: float, **options: Any) -> Connection:
    """Returns a connection; the options are those of sqlite3.connect."""
    options |= {"timeout": 0, "isolation_level": None, "check_same_thread": False}
    return Connection(sqlite3.connect(database, **options), lock_timeout_seconds)
