"""Stands in for whom reviews call."""

from mesh.errors import MeshError


class FakeCatalog:
    """A catalog of these products, or one that fails."""

    def __init__(self, *products: str, error: MeshError | None = None) -> None:
        self.products = set(products)
        self.error = error

    async def has_product(self, name: str) -> bool:
        if self.error:
            raise self.error
        return name in self.products
