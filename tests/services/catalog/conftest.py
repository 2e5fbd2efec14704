from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

import services.catalog.store
from mesh.store import migrate, open_engine
from services.catalog.store import CatalogStore, SqlCatalogStore

MIGRATIONS = Path(services.catalog.store.__file__).parent / "migrations"


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url)
    await migrate(engine, MIGRATIONS)
    yield engine
    await engine.dispose()


@pytest.fixture
def store(engine: AsyncEngine) -> CatalogStore:
    return SqlCatalogStore(engine)
