"""The catalog as the inventory sees it: the real one behind its contract, and the fake."""

from collections.abc import AsyncIterator

import pytest

from mesh.errors import Unavailable
from services.inventory.reservation import Offer
from services.inventory.upstreams import Catalog, GrpcCatalog
from tests.services.catalogs import catalog_down, catalog_up
from tests.services.inventory.fakes import FakeCatalog

OFFERS = {
    "products/active": Offer.FOR_SALE,
    "products/draft": Offer.NOT_FOR_SALE,
    "products/archived": Offer.NOT_FOR_SALE,
    "products/none": Offer.UNKNOWN,
}


@pytest.fixture(params=["grpc", "fake"])
async def catalog(request: pytest.FixtureRequest) -> AsyncIterator[Catalog]:
    if request.param == "fake":
        yield FakeCatalog(OFFERS)
        return
    async with catalog_up() as channel:
        yield GrpcCatalog(channel)


@pytest.fixture(params=["grpc", "fake"])
async def silent_catalog(request: pytest.FixtureRequest) -> AsyncIterator[Catalog]:
    if request.param == "fake":
        yield FakeCatalog({}, error=Unavailable("nobody there", remote=True))
        return
    async with catalog_down() as channel:
        yield GrpcCatalog(channel)


@pytest.mark.parametrize(("product", "offer"), OFFERS.items())
async def test_what_is_offered(catalog: Catalog, product: str, offer: Offer) -> None:
    assert await catalog.offer(product) is offer


async def test_no_answer_is_passed_on(silent_catalog: Catalog) -> None:
    with pytest.raises(Unavailable):
        await silent_catalog.offer("products/active")
