"""Whom reviews call."""

from typing import Protocol

from mesh.channel import MeshChannel
from mesh.errors import NotFound
from shop.catalog.v1 import catalog_pb2, catalog_pb2_grpc


class Catalog(Protocol):
    """What reviews ask of the catalog."""

    async def has_product(self, name: str) -> bool:
        """Returns whether the product exists.

        Raises:
            MeshError: the catalog gave no answer.
        """
        ...


class GrpcCatalog:
    """The catalog, through its contract."""

    def __init__(self, channel: MeshChannel) -> None:
        self._stub = catalog_pb2_grpc.CatalogServiceStub(channel)

    async def has_product(self, name: str) -> bool:
        """Returns whether the product exists."""
        try:
            await self._stub.GetProduct(catalog_pb2.GetProductRequest(name=name))
        except NotFound:
            return False
        return True
