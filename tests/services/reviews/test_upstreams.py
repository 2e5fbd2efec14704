"""The catalog as reviews see it: the real one behind its contract, and the fake."""

from collections.abc import AsyncIterator

import pytest

from mesh.errors import Unavailable
from services.reviews.upstreams import Catalog, GrpcCatalog
from tests.services.catalogs import catalog_down, catalog_up
from tests.services.reviews.fakes import FakeCatalog


@pytest.fixture(params=["grpc", "fake"])
async def catalog(request: pytest.FixtureRequest) -> AsyncIterator[Catalog]:
    if request.param == "fake":
        yield FakeCatalog("products/active", "products/draft")
        return
    async with catalog_up() as channel:
        yield GrpcCatalog(channel)


@pytest.fixture(params=["grpc", "fake"])
async def silent_catalog(request: pytest.FixtureRequest) -> AsyncIterator[Catalog]:
    if request.param == "fake":
        yield FakeCatalog(error=Unavailable("nobody there", remote=True))
        return
    async with catalog_down() as channel:
        yield GrpcCatalog(channel)


async def test_a_product_that_exists(catalog: Catalog) -> None:
    assert await catalog.has_product("products/active")
    assert await catalog.has_product("products/draft")


async def test_a_product_that_does_not(catalog: Catalog) -> None:
    assert not await catalog.has_product("products/none")


async def test_no_answer_is_passed_on(silent_catalog: Catalog) -> None:
    with pytest.raises(Unavailable):
        await silent_catalog.has_product("products/active")
