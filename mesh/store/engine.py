"""The engine of a service's own database: SQLite or PostgreSQL, by URL."""

import secrets
import sqlite3
from typing import Any

import orjson
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from mesh.startup import StartupError
from mesh.store import sqlite

CONNECTIONS_MAX = 8
CONNECT_TIMEOUT_SECONDS = 5.0
LOCK_TIMEOUT_SECONDS = 5.0
MEMORY = "memory"
WRITES = "writes"
"""The execution option that makes an SQLite transaction take the write lock when it begins."""
TURNS = "turns"
"""The execution option of an SQLite engine that holds the turns of its writers."""


def open_engine(url: str | URL, lock_timeout_seconds: float = LOCK_TIMEOUT_SECONDS) -> AsyncEngine:
    """Returns the engine for `memory`, `sqlite:///path` or `postgresql://…`; connects to nothing.

    `lock_timeout_seconds` bounds the wait for a free connection and for a lock of SQLite's.

    Raises:
        StartupError: the URL names no database that we know.
    """
    if url == MEMORY:
        return _memory(lock_timeout_seconds)
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StartupError(_advice(str(url))) from error
    if parsed.drivername == "sqlite" and parsed.database:
        return _sqlite(parsed.set(drivername="sqlite+aiosqlite"), lock_timeout_seconds)
    if parsed.drivername in ("postgres", "postgresql"):
        return _postgresql(parsed.set(drivername="postgresql+asyncpg"), lock_timeout_seconds)
    raise StartupError(_advice(str(url)))


def _advice(url: str) -> str:
    scheme = url.partition(":")[0]
    return f"database URL {scheme}:… cannot be used: write sqlite:///PATH or postgresql://HOST/NAME"


def _memory(lock_timeout_seconds: float) -> AsyncEngine:
    """A database of SQLite's `memdb`, which lives as long as one connection to it is open."""
    address = f"file:/{secrets.token_hex(8)}?vfs=memdb"
    anchor = sqlite3.connect(address, uri=True, check_same_thread=False)
    engine = _sqlite(
        URL.create("sqlite+aiosqlite", database=address, query={"uri": "true"}),
        lock_timeout_seconds,
        journal="MEMORY",
    )
    event.listen(engine.sync_engine, "engine_disposed", lambda _: anchor.close())
    return engine


def _sqlite(url: URL, lock_timeout_seconds: float, journal: str = "WAL") -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=CONNECTIONS_MAX,
        max_overflow=0,
        pool_timeout=lock_timeout_seconds,
        execution_options={TURNS: sqlite.Turns(lock_timeout_seconds)},
        json_serializer=_json,
        json_deserializer=orjson.loads,
        connect_args={
            "async_creator_fn": sqlite.connect,
            "lock_timeout_seconds": lock_timeout_seconds,
        },
    )

    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in (
            f"journal_mode = {journal}",
            "synchronous = FULL",
            "foreign_keys = ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _begin(connection: Connection) -> None:
    """Begins what writes; a read needs no transaction.

    The write lock is taken at once: a reader that became a writer midway could only fail.
    """
    if connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgresql(url: URL, lock_timeout_seconds: float) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=CONNECTIONS_MAX,
        max_overflow=0,
        pool_timeout=lock_timeout_seconds,
        json_serializer=_json,
        json_deserializer=orjson.loads,
        pool_pre_ping=True,
        connect_args={"timeout": CONNECT_TIMEOUT_SECONDS},
    )
