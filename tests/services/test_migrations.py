"""The migrations of each service against the tables that its store uses."""

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData

from mesh.store import migrate, open_engine
from services.catalog import tables as catalog
from services.inventory import tables as inventory
from services.reviews import tables as reviews

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
