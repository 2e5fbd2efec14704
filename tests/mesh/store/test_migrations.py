import asyncio
import sqlite3
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from mesh.startup import StartupError
from mesh.store import migrate, open_engine, reading, writing

FIRST = """
import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade():
    op.create_table("things", sa.Column("name", sa.Text, primary_key=True))
    op.execute("INSERT INTO things VALUES ('first')")
"""
SECOND = """
from alembic import op

revision = "2"
down_revision = "1"


def upgrade():
    op.execute("INSERT INTO things VALUES ('second')")
"""
BROKEN = SECOND.replace("things VALUES", "nothing VALUES")
PROCESS = """
import asyncio, pathlib, sys
from mesh.store import migrate, open_engine


async def main():
    engine = open_engine(sys.argv[1])
    await migrate(engine, pathlib.Path(sys.argv[2]))
    await engine.dispose()


asyncio.run(main())
"""


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    add(folder, "1", FIRST)
    return folder


def add(folder: Path, revision: str, script: str) -> None:
    (folder / "versions" / f"{revision}.py").write_text(script)


async def migrated(url: str, migrations: Path) -> list[str]:
    engine = open_engine(url)
    try:
        await migrate(engine, migrations)
        async with reading(engine) as db:
            return list(await db.scalars(text("SELECT name FROM things ORDER BY name")))
    finally:
        await engine.dispose()


def on_disk(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.db*")}


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_each_migration_runs_once(database_url: str, migrations: Path) -> None:
    assert await migrated(database_url, migrations) == ["first"]
    assert await migrated(database_url, migrations) == ["first"]
    add(migrations, "2", SECOND)
    assert await migrated(database_url, migrations) == ["first", "second"]


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_a_migration_that_fails_leaves_nothing_behind(
    database_url: str, migrations: Path
) -> None:
    add(migrations, "2", BROKEN)
    with pytest.raises(StartupError, match="nothing was changed"):
        await migrated(database_url, migrations)
    add(migrations, "2", SECOND)
    assert await migrated(database_url, migrations) == ["first", "second"]


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_a_database_newer_than_the_program_is_refused(
    database_url: str, migrations: Path
) -> None:
    add(migrations, "2", SECOND)
    await migrated(database_url, migrations)
    (migrations / "versions" / "2.py").unlink()
    with pytest.raises(StartupError, match=r"is at migration 2, newer than this program"):
        await migrated(database_url, migrations)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_processes_that_start_at_once_take_turns(database_url: str, migrations: Path) -> None:
    arguments = (sys.executable, "-c", PROCESS, database_url, str(migrations))
    root = Path(__file__).parents[3]
    starting = [asyncio.create_subprocess_exec(*arguments, cwd=root) for _ in range(3)]
    processes = await asyncio.gather(*starting)
    assert await asyncio.gather(*(process.wait() for process in processes)) == [0, 0, 0]
    assert await migrated(database_url, migrations) == ["first"]


async def test_a_file_that_is_no_database_is_refused_and_left_alone(
    tmp_path: Path, migrations: Path
) -> None:
    (tmp_path / "shop.db").write_bytes(b"a letter to the editor\n" * 500)
    before = on_disk(tmp_path)
    with pytest.raises(StartupError, match=r"shop\.db cannot be used: file is not a database"):
        await migrated(f"sqlite:///{tmp_path / 'shop.db'}", migrations)
    assert on_disk(tmp_path) == before


async def test_a_damaged_database_is_refused_and_left_alone(
    tmp_path: Path, migrations: Path
) -> None:
    path = tmp_path / "shop.db"
    engine = open_engine(f"sqlite:///{path}")
    await migrate(engine, migrations)
    async with writing(engine) as db:
        await db.execute(text("CREATE INDEX by_name ON things (name)"))
        rows = [{"name": f"{number:0200}"} for number in range(500)]
        await db.execute(text("INSERT INTO things VALUES (:name)"), rows)
    await engine.dispose()
    damage(path)
    before = on_disk(tmp_path)
    add(migrations, "2", SECOND)
    with pytest.raises(StartupError, match=r"shop\.db cannot be used: .*put a backup in its place"):
        await migrated(f"sqlite:///{path}", migrations)
    assert on_disk(tmp_path)["shop.db"] == before["shop.db"]


def damage(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page_bytes = db.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as file:
        file.seek(page_bytes * 10)
        file.write(b"\xff" * page_bytes * 3)


async def test_a_folder_that_is_not_there_is_one_clear_line(
    tmp_path: Path, migrations: Path
) -> None:
    with pytest.raises(StartupError, match="unable to open database file") as refused:
        await migrated(f"sqlite:///{tmp_path / 'none' / 'shop.db'}", migrations)
    assert "\n" not in str(refused.value)


async def test_a_server_out_of_reach_is_one_clear_line(migrations: Path) -> None:
    with pytest.raises(StartupError, match="check that the server runs") as refused:
        await migrated("postgresql://shop:secret@127.0.0.1:1/shop", migrations)
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


async def test_a_database_that_the_server_has_not_is_one_clear_line(
    postgresql_server: str, migrations: Path
) -> None:
    with pytest.raises(StartupError, match='database "nowhere" does not exist'):
        await migrated(postgresql_server.replace("/postgres?", "/nowhere?"), migrations)
