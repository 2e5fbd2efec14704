"""Catalogs for tests of those who call one."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from mesh.channel import MeshChannel
from mesh.process import Servicer
from mesh.store import migrate, open_engine
from mesh.testing import connect, serve
from services.catalog import tables
from services.catalog.category import Category
from services.catalog.product import Product, State
from services.catalog.servicer import CatalogServicer
from services.catalog.store import SqlCatalogStore
from shop.catalog.v1 import catalog_pb2, catalog_pb2_grpc

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def catalog_up() -> AsyncIterator[MeshChannel]:
    """Serves a real catalog of `products/active`, `products/draft` and `products/archived`."""
    engine = open_engine("memory")
    await migrate(engine, Path(tables.__file__).parent / "migrations")
    store = SqlCatalogStore(engine)
    await store.create_category(Category("categories/all", "All", NOW, NOW))
    for state in State:
        name = f"products/{state.value.lower()}"
        await store.create_product(Product(name, name, "categories/all", NOW, NOW, state=state))
    servicer = Servicer(
        catalog_pb2.DESCRIPTOR.services_by_name["CatalogService"],
        catalog_pb2_grpc.add_CatalogServiceServicer_to_server,
        CatalogServicer(store),
    )
    async with serve([servicer]) as channel:
        yield channel
    await engine.dispose()


@asynccontextmanager
async def catalog_down() -> AsyncIterator[MeshChannel]:
    """Leads to a port where nobody listens: it is ours, so nobody else can."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with connect(f"127.0.0.1:{taken.getsockname()[1]}") as channel:
            yield channel
