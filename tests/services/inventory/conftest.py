from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh.store import migrate, open_engine
from services.inventory import tables

MIGRATIONS = Path(tables.__file__).parent / "migrations"


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An empty database of each kind."""
    engine = open_engine(database_url)
    await migrate(engine, MIGRATIONS)
    yield engine
    await engine.dispose()


@pytest.fixture
async def memory_engine() -> AsyncIterator[AsyncEngine]:
    """An empty database in memory."""
    engine = open_engine("memory")
    await migrate(engine, MIGRATIONS)
    yield engine
    await engine.dispose()
