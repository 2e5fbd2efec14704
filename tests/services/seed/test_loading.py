"""How the example data gets into an empty database."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh.store import migrate, open_engine
from services.catalog import seed as catalog
from services.catalog.store import SqlCatalogStore
from services.inventory import seed as inventory
from services.inventory.stock_store import SqlStockStore
from services.reviews import seed as reviews
from services.reviews.store import SqlReviewStore

LOADING_SECONDS_MAX = 2.0


async def fill_catalog(engine: AsyncEngine) -> bool:
    store = SqlCatalogStore(engine)
    return await store.fill(lambda: (catalog.categories(), catalog.products()))


async def fill_inventory(engine: AsyncEngine) -> bool:
    return await SqlStockStore(engine).fill(inventory.stocks)


async def fill_reviews(engine: AsyncEngine) -> bool:
    return await SqlReviewStore(engine).fill(reviews.reviews)


@pytest.mark.slow
@pytest.mark.parametrize("fill", [fill_catalog, fill_inventory, fill_reviews])
async def test_an_empty_database_is_filled_once_and_fast(
    fill: Callable[[AsyncEngine], Awaitable[bool]], tmp_path: Path
) -> None:
    name = fill.__name__.removeprefix("fill_")
    engine = open_engine(f"sqlite:///{tmp_path / 'seed.db'}")
    await migrate(engine, Path(catalog.__file__).parents[1] / name / "migrations")
    started = time.process_time()  # the machine may be busy with other things
    assert await fill(engine)
    assert time.process_time() - started < LOADING_SECONDS_MAX
    assert not await fill(engine)
    await engine.dispose()
