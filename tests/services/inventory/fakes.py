"""Stands in for whom the inventory calls."""

from mesh.errors import MeshError
from services.inventory.reservation import Offer


class FakeCatalog:
    """A catalog that offers these products, or one that fails."""

    def __init__(self, offers: dict[str, Offer], error: MeshError | None = None) -> None:
        self.offers = offers
        self.error = error

    async def offer(self, product: str) -> Offer:
        if self.error:
            raise self.error
        return self.offers.get(product, Offer.UNKNOWN)
