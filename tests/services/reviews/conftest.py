from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mesh.store import migrate, open_engine
from services.reviews import tables
from services.reviews.store import ReviewStore, SqlReviewStore

MIGRATIONS = Path(tables.__file__).parent / "migrations"


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[ReviewStore]:
    """An empty store on each database."""
    engine = open_engine(database_url)
    await migrate(engine, MIGRATIONS)
    yield SqlReviewStore(engine)
    await engine.dispose()


@pytest.fixture
async def memory_store() -> AsyncIterator[ReviewStore]:
    """An empty store in memory."""
    engine = open_engine("memory")
    await migrate(engine, MIGRATIONS)
    yield SqlReviewStore(engine)
    await engine.dispose()
