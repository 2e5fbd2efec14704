import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from mesh.startup import StartupError
from mesh.store import open_engine, reading, writing


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/name", "sqlite://"])
def test_a_url_of_another_database_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(StartupError, match="write sqlite:///PATH or postgresql://HOST/NAME"):
        open_engine(url)


def test_a_refused_url_is_not_repeated_with_its_password() -> None:
    with pytest.raises(StartupError) as refused:
        open_engine("mysql://shop:secret@host/name")
    assert "secret" not in str(refused.value)


async def test_sqlite_is_durable_and_keeps_references(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
    async with reading(engine) as db:
        assert await db.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await db.scalar(text("PRAGMA synchronous")) == 2
        assert await db.scalar(text("PRAGMA foreign_keys")) == 1
    await engine.dispose()


async def test_memory_outlives_a_connection_and_is_nobody_elses() -> None:
    engine, other = open_engine("memory"), open_engine("memory")
    async with writing(engine) as db:
        await db.execute(text("CREATE TABLE things (name TEXT)"))
        await db.commit()
        await db.invalidate()
    async with reading(engine) as db, reading(other) as elsewhere:
        count = text("SELECT count(*) FROM sqlite_schema")
        assert (await db.scalar(count), await elsewhere.scalar(count)) == (1, 0)
    await engine.dispose()
    await other.dispose()


async def test_a_cancelled_statement_leaves_the_database_usable(database_url: str) -> None:
    engine = open_engine(database_url)
    async with writing(engine) as db:
        await db.execute(text("CREATE TABLE things (name TEXT)"))

    async def write_and_wait() -> None:
        async with writing(engine) as db:
            await db.execute(text("INSERT INTO things VALUES ('lost')"))
            written.set()
            await asyncio.Event().wait()

    written = asyncio.Event()
    task = asyncio.create_task(write_and_wait())
    await written.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with writing(engine) as db:
        await db.execute(text("INSERT INTO things VALUES ('kept')"))
    async with reading(engine) as db:
        assert (await db.scalars(text("SELECT name FROM things"))).all() == ["kept"]
    await engine.dispose()


async def test_a_write_can_be_cancelled_at_any_point(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
    async with writing(engine) as db:
        await db.execute(text("CREATE TABLE things (name TEXT)"))

    async def write() -> None:
        async with writing(engine) as db:
            await db.execute(text("INSERT INTO things VALUES ('a'), ('b')"))

    finished = 0
    for steps in range(12):
        task = asyncio.create_task(write())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        finished += not task.cancelled()
    await write()
    async with reading(engine) as db:
        count = await db.scalar(text("SELECT count(*) FROM things"))
        assert count % 2 == 0
        assert count >= 2 * (finished + 1)
        assert await db.scalar(text("PRAGMA integrity_check")) == "ok"
    await engine.dispose()
