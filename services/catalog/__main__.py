"""The catalog's process: `python -m services.catalog`."""

from pathlib import Path

from mesh.process import Runtime, Servicer, run
from services.catalog import seed
from services.catalog.servicer import CatalogServicer
from services.catalog.store import SqlCatalogStore
from shop.catalog.v1 import catalog_pb2, catalog_pb2_grpc


async def build(runtime: Runtime) -> list[Servicer]:
    """Returns what this process serves."""
    store = SqlCatalogStore(await runtime.database(Path(__file__).parent / "migrations"))
    if runtime.settings.seed:
        await store.fill(lambda: (seed.categories(), seed.products()))
    return [
        Servicer(
            catalog_pb2.DESCRIPTOR.services_by_name["CatalogService"],
            catalog_pb2_grpc.add_CatalogServiceServicer_to_server,
            CatalogServicer(store),
        )
    ]


if __name__ == "__main__":
    run("catalog", build)
