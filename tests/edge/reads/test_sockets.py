"""Reads over real sockets: what grpc itself does to a batch."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from edge.call import RequestContext
from edge.config import EdgeSettings
from edge.contracts.model import Contracts
from edge.reads import reading
from edge.upstreams import MeshCaller, Target
from mesh.deadline import Deadline
from mesh.discovery import StaticResolver
from mesh.errors import NotFound
from mesh.server import Server, Servicer
from shop.catalog.v1 import catalog_pb2 as catalog
from shop.catalog.v1 import catalog_pb2_grpc as catalog_grpc

SERVICE = "shop.catalog.v1.CatalogService"
MESSAGE_BYTES_MAX = 100_000
PRODUCT_BYTES = 30_000
READS = 20


class Catalog(catalog_grpc.CatalogServiceServicer):
    """Has every product but `gone`, each so large that three fit in a message."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def product(self, name: str) -> catalog.Product:
        return catalog.Product(name=name, description="x" * PRODUCT_BYTES)

    async def GetProduct(self, request: Any, context: Any) -> catalog.Product:
        if request.name == "products/gone":
            raise NotFound("it is gone")
        return self.product(request.name)

    async def BatchGetProducts(self, request: Any, context: Any) -> Any:
        self.batches.append(len(request.names))
        names = [name for name in request.names if name != "products/gone"]
        return catalog.BatchGetProductsResponse(products=map(self.product, names))


@pytest.fixture
async def owner() -> Catalog:
    return Catalog()


@pytest.fixture
async def caller(shop: Contracts, owner: Catalog) -> AsyncIterator[Any]:
    descriptor = catalog.DESCRIPTOR.services_by_name["CatalogService"]
    servicer = Servicer(descriptor, catalog_grpc.add_CatalogServiceServicer_to_server, owner)
    server = Server([servicer], reflect=False, message_bytes_max=10 * MESSAGE_BYTES_MAX)
    address = await server.start("127.0.0.1", 0)
    targets = {SERVICE: Target.parse(address)}
    inner = MeshCaller(targets, StaticResolver({}), message_bytes_max=MESSAGE_BYTES_MAX)
    try:
        yield reading(inner, shop, EdgeSettings(batch_wait_seconds_max=60.0))
    finally:
        await inner.close()
        await server.stop(0)


@pytest.mark.slow
async def test_r6_a_batch_too_long_for_one_message_goes_in_parts(shop, owner, caller):
    method = shop.method(f"/{SERVICE}/GetProduct")
    names = [f"products/p{i}" for i in range(READS)] + ["products/gone"]
    answers = await asyncio.gather(
        *(
            caller.unary(
                method,
                catalog.GetProductRequest(name=name).SerializeToString(),
                RequestContext("r", Deadline.after(30)),
            )
            for name in names
        ),
        return_exceptions=True,
    )
    for name, answer in zip(names[:-1], answers[:-1], strict=True):
        assert catalog.Product.FromString(answer) == owner.product(name)
    assert isinstance(answers[-1], NotFound)
    assert owner.batches[0] == READS and min(owner.batches) <= 3


async def test_the_time_of_calls_is_noted_once(shop, caller):
    askers = [RequestContext("r", Deadline.after(30)) for _ in range(4)]
    request = catalog.GetProductRequest(name="products/p").SerializeToString()
    began = time.monotonic()
    method = shop.method(f"/{SERVICE}/GetProduct")
    await asyncio.gather(*(caller.unary(method, request, asker) for asker in askers))
    elapsed = time.monotonic() - began
    assert all(0 < asker.notes.upstream_seconds <= elapsed for asker in askers)
