"""The migrations of each service against the tables that its store uses."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, column, insert, table

from mesh.store import migrate, open_engine, writing
from services.catalog import tables as catalog
from services.inventory import tables as inventory
from services.reviews import tables as reviews
from services.reviews.review import Author
from services.reviews.store import SqlReviewStore

SERVICES = {
    "catalog": (catalog.__file__, catalog.metadata),
    "inventory": (inventory.__file__, inventory.metadata),
    "reviews": (reviews.__file__, reviews.reviews.metadata),
}


def differences(connection: Connection, metadata: MetaData) -> list[Any]:
    """What a migration would still have to do; indexes are the migrations' own business."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    found = compare_metadata(context, metadata)
    return [step for step in found if "index" not in str(step[0])]


@pytest.mark.parametrize("service", SERVICES)
async def test_migrations_lead_to_the_tables_of_the_store(service: str, database_url: str) -> None:
    module, metadata = SERVICES[service]
    engine = open_engine(database_url)
    await migrate(engine, Path(module).parent / "migrations")
    async with engine.connect() as connection:
        assert await connection.run_sync(differences, metadata) == []
    await engine.dispose()


FIRST_RELEASE = {
    "name": "products/a/reviews/1",
    "product": "products/a",
    "author": "Ada",
    "rating": 4,
    "title": "T",
    "body": "B",
    "create_time": datetime(2026, 1, 1, tzinfo=UTC),
    "update_time": datetime(2026, 1, 2, tzinfo=UTC),
    "revision": 2,
}


async def test_reviews_of_the_first_release_are_kept(database_url: str, tmp_path: Path) -> None:
    migrations = Path(reviews.__file__).parent / "migrations"
    (tmp_path / "versions").mkdir()
    shutil.copy(migrations / "versions" / "0001_reviews.py", tmp_path / "versions")
    engine = open_engine(database_url)
    await migrate(engine, tmp_path)
    columns = (column(c.name, c.type) for c in reviews.reviews.c if c.name in FIRST_RELEASE)
    async with writing(engine) as db:
        await db.execute(insert(table("reviews", *columns)).values(FIRST_RELEASE))
    await migrate(engine, migrations)
    found = await SqlReviewStore(engine).review("products/a/reviews/1")
    assert found.author == Author("Ada", "")
    assert (found.headline, found.text, found.language_code, found.revision) == ("T", "B", "", 2)
    await engine.dispose()
