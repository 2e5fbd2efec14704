"""The inventory's process: `python -m services.inventory`."""

from pathlib import Path

from mesh.clock import utc_now
from mesh.process import Runtime, Servicer, run
from mesh.repeat import repeat
from services.inventory import seed
from services.inventory.reservation_store import SqlReservationStore
from services.inventory.servicer import InventoryServicer
from services.inventory.stock_store import SqlStockStore
from services.inventory.sweep import SWEEP_SECONDS, Sweep
from services.inventory.upstreams import GrpcCatalog
from services.inventory.watch import POLL_SECONDS, StockWatch
from shop.inventory.v1 import inventory_pb2, inventory_pb2_grpc


async def build(runtime: Runtime) -> list[Servicer]:
    """Returns what this process serves."""
    engine = await runtime.database(Path(__file__).parent / "migrations")
    stocks, reservations = SqlStockStore(engine), SqlReservationStore(engine)
    if runtime.settings.seed:
        await stocks.fill(seed.stocks)
    watch = StockWatch(stocks)
    runtime.background(watch.end_with(runtime.stopping))
    runtime.background(repeat(watch.poll, POLL_SECONDS))
    runtime.background(repeat(Sweep(reservations, watch, utc_now).once, SWEEP_SECONDS))
    catalog = GrpcCatalog(runtime.channel("catalog"))
    return [
        Servicer(
            inventory_pb2.DESCRIPTOR.services_by_name["InventoryService"],
            inventory_pb2_grpc.add_InventoryServiceServicer_to_server,
            InventoryServicer(stocks, reservations, watch, catalog),
        )
    ]


if __name__ == "__main__":
    run("inventory", build)
