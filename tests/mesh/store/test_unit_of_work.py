import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.schema import CreateTable

from mesh.errors import InvalidArgument, Unavailable
from mesh.store import (
    TEXT,
    Instant,
    insert_absent,
    open_engine,
    reading,
    row_created_by,
    row_named,
    rows_named,
    writing,
)

metadata = MetaData()
things = Table(
    "things",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("count", Integer, nullable=False, default=0),
    Column("at", Instant),
    Column("request_id", TEXT, unique=True),
)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url)
    async with writing(engine) as db:
        await db.run_sync(metadata.create_all)
    yield engine
    await engine.dispose()


async def names(engine: AsyncEngine) -> list[str]:
    async with reading(engine) as db:
        return list(await db.scalars(select(things.c.name).order_by(things.c.name)))


async def test_an_exception_undoes_everything(engine: AsyncEngine) -> None:
    with pytest.raises(ZeroDivisionError):
        async with writing(engine) as db:
            await db.execute(insert(things).values(name="a"))
            raise ZeroDivisionError
    assert await names(engine) == []


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_a_reader_sees_nothing_that_is_not_committed(engine: AsyncEngine) -> None:
    async with writing(engine) as db:
        await db.execute(insert(things).values(name="a"))
        assert await names(engine) == []
    assert await names(engine) == ["a"]


async def test_writers_take_turns(engine: AsyncEngine) -> None:
    async with writing(engine) as db:
        await db.execute(insert(things).values(name="a"))

    async def add_one() -> None:
        async with writing(engine) as db:
            row = await row_named(db, things, "a", lock=True)
            assert row
            await asyncio.sleep(0)
            await db.execute(update(things).values(count=row.count + 1))

    await asyncio.gather(*(add_one() for _ in range(10)))
    async with reading(engine) as db:
        assert await db.scalar(select(things.c.count)) == 10


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_writers_that_wait_keep_no_reader_waiting(engine: AsyncEngine) -> None:
    order: list[int] = []

    async def write(number: int) -> None:
        async with writing(engine) as db:
            await db.execute(insert(things).values(name=str(number)))
            order.append(number)

    async with writing(engine):
        waiting = [asyncio.create_task(write(number)) for number in range(20)]
        await asyncio.sleep(0)
        assert await names(engine) == []
    await asyncio.gather(*waiting)
    assert order == list(range(20))


async def test_a_broken_invariant_stays_what_it_is(engine: AsyncEngine) -> None:
    with pytest.raises(IntegrityError):
        async with writing(engine) as db:
            await db.execute(insert(things), [{"name": "a"}, {"name": "a"}])


async def test_insert_absent_says_whether_it_did(engine: AsyncEngine) -> None:
    async with writing(engine) as db:
        assert await insert_absent(db, things, {"name": "a", "request_id": "1"})
        assert not await insert_absent(db, things, {"name": "a", "request_id": "2"})
        assert not await insert_absent(db, things, {"name": "b", "request_id": "1"})
        assert await insert_absent(db, things, {"name": "c", "request_id": None})
        assert await insert_absent(db, things, {"name": "d", "request_id": None})
    assert await names(engine) == ["a", "c", "d"]


async def test_rows_come_by_name_and_by_request(engine: AsyncEngine) -> None:
    async with writing(engine) as db:
        for name in ("a", "b", "c"):
            await insert_absent(db, things, {"name": name, "request_id": f"made-{name}"})
    async with reading(engine) as db:
        found = await rows_named(db, things, ["c", "x", "a", "c"])
        assert [row.name for row in found] == ["c", "a"]
        assert await row_named(db, things, "x") is None
        made = await row_created_by(db, things, "made-b")
        assert made is not None and made.name == "b"
        assert await row_created_by(db, things, "") is None


async def test_instants_come_back_as_the_same_moment_in_utc(engine: AsyncEngine) -> None:
    moment = datetime(2026, 3, 1, 0, 30, 0, 123456, timezone(timedelta(hours=2)))
    async with writing(engine) as db:
        await db.execute(insert(things).values(name="a", at=moment))
    async with reading(engine) as db:
        back = await db.scalar(select(things.c.at))
    assert back == moment
    assert back.tzinfo is UTC


async def test_text_is_ordered_by_code_points(engine: AsyncEngine) -> None:
    words = ["Zebra", "apple", "zebra", "Äpfel", "äpfel", "Apple", "-", "東"]
    async with writing(engine) as db:
        await db.execute(insert(things), [{"name": word} for word in words])
    assert await names(engine) == sorted(words)


async def test_a_lock_held_elsewhere_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    engine = open_engine(f"sqlite:///{path}", lock_timeout_seconds=0.02)
    async with writing(engine) as db:
        await db.run_sync(metadata.create_all)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="the database does not answer"):
        async with writing(engine):
            pass
    assert await names(engine) == []
    other.execute("COMMIT")
    async with writing(engine) as db:
        await db.execute(insert(things).values(name="a"))
    assert await names(engine) == ["a"]
    other.close()
    await engine.dispose()


async def test_a_full_disk_is_unavailable_and_logged_without_what_was_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
    async with writing(engine) as db:
        await db.run_sync(metadata.create_all)
    with pytest.raises(Unavailable, match=r"^the database does not answer$"):
        async with writing(engine) as db:
            await db.execute(text("PRAGMA max_page_count = 1"))
            await db.execute(insert(things), [{"name": f"secret {n}"} for n in range(1000)])
    (record,) = caplog.records
    assert "database or disk is full" in record.getMessage()
    assert "secret" not in record.getMessage()
    assert await names(engine) == []
    await engine.dispose()


async def test_more_callers_than_connections_wait_their_time_then_are_unavailable(
    database_url: str,
) -> None:
    engine = open_engine(database_url, lock_timeout_seconds=0.02)
    held = [await engine.connect() for _ in range(8)]
    with pytest.raises(Unavailable):
        async with reading(engine):
            pass
    for connection in held:
        await connection.close()
    async with reading(engine) as db:
        assert await db.scalar(text("SELECT 1")) == 1
    await engine.dispose()


async def test_a_connection_lost_midway_is_unavailable_and_the_next_one_works(
    postgresql_url: str,
) -> None:
    engine = open_engine(postgresql_url)
    admin = await asyncpg.connect(postgresql_url)
    with pytest.raises(Unavailable):
        async with writing(engine) as db:
            pid = await db.scalar(text("SELECT pg_backend_pid()"))
            await admin.execute("SELECT pg_terminate_backend($1, 5000)", pid)
            await db.execute(text("SELECT 1"))
    async with reading(engine) as db:
        assert await db.scalar(text("SELECT 1")) == 1
    await admin.close()
    await engine.dispose()


async def test_a_value_that_postgresql_cannot_hold_is_the_callers_mistake(
    postgresql_url: str,
) -> None:
    engine = open_engine(postgresql_url)
    with pytest.raises(InvalidArgument, match="cannot be stored"):
        async with reading(engine) as db:
            await db.execute(select(text("1")).where(text("'a' = :b")), {"b": "\0"})
    await engine.dispose()


def test_the_order_of_text_does_not_hang_on_the_locale_of_a_server() -> None:
    ddl = str(CreateTable(things).compile(dialect=postgresql.dialect()))
    assert 'name TEXT COLLATE "C" NOT NULL' in ddl
