"""Whom the inventory calls."""

from typing import Protocol

from mesh.channel import MeshChannel
from mesh.errors import NotFound
from services.inventory.reservation import Offer
from shop.catalog.v1 import catalog_pb2, catalog_pb2_grpc


class Catalog(Protocol):
    """What the inventory asks of the catalog."""

    async def offer(self, product: str) -> Offer:
        """Returns what the catalog says of a product.

        Raises:
            MeshError: the catalog gave no answer.
        """
        ...


class GrpcCatalog:
    """The catalog, through its contract."""

    def __init__(self, channel: MeshChannel) -> None:
        self._stub = catalog_pb2_grpc.CatalogServiceStub(channel)

    async def offer(self, product: str) -> Offer:
        """Returns what the catalog says of a product."""
        try:
            found = await self._stub.GetProduct(catalog_pb2.GetProductRequest(name=product))
        except NotFound:
            return Offer.UNKNOWN
        for_sale = found.state == catalog_pb2.Product.STATE_ACTIVE
        return Offer.FOR_SALE if for_sale else Offer.NOT_FOR_SALE
