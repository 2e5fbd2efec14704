"""A light backend: the shop's contracts over messages in memory, on plain grpc.aio, without mesh.

    python -m bench.backend catalog|reviews|inventory PORT

The real services spend most of a call in their database, which hides what an edge costs. This one
answers from dictionaries, so that the edges are what is measured.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import grpc
import uvloop

from services.catalog import seed as catalog_seed
from services.catalog.messages import product_message
from services.catalog.product import Product
from services.inventory import seed as inventory_seed
from services.inventory.messages import stock_message
from shop.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from shop.inventory.v1 import inventory_pb2, inventory_pb2_grpc
from shop.reviews.v1 import reviews_pb2, reviews_pb2_grpc

COPIES = 10
"""How often each product is there: 32 random requests in flight should seldom ask for the same."""

PAGE_SIZE = 20
PAGE_SIZE_MAX = 100

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class Catalog(catalog_pb2_grpc.CatalogServiceServicer):
    """Products by name. A page token is a position; filters and orders are ignored."""

    def __init__(self) -> None:
        self._products = {
            name: product_message(replace(product, name=name))
            for product in catalog_seed.products()
            for name in _copies(product.name)
        }
        self._all = list(self._products.values())

    async def GetProduct(
        self, request: catalog_pb2.GetProductRequest, context: Context
    ) -> catalog_pb2.Product:
        found = self._products.get(request.name)
        if found is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"{request.name} does not exist")
        return found

    async def BatchGetProducts(
        self, request: catalog_pb2.BatchGetProductsRequest, context: Context
    ) -> catalog_pb2.BatchGetProductsResponse:
        found = [self._products[name] for name in request.names if name in self._products]
        return catalog_pb2.BatchGetProductsResponse(products=found)

    async def ListProducts(
        self, request: catalog_pb2.ListProductsRequest, context: Context
    ) -> catalog_pb2.ListProductsResponse:
        start = int(request.page_token or 0)
        end = start + min(request.page_size or PAGE_SIZE, PAGE_SIZE_MAX)
        return catalog_pb2.ListProductsResponse(
            products=self._all[start:end],
            next_page_token=str(end) if end < len(self._all) else "",
            total_size=len(self._all),
        )


class Reviews(reviews_pb2_grpc.ReviewsServiceServicer):
    """Reviews by product."""

    def __init__(self) -> None:
        self._reviews = _all_reviews()

    async def ListReviews(
        self, request: reviews_pb2.ListReviewsRequest, context: Context
    ) -> reviews_pb2.ListReviewsResponse:
        found = self._reviews.get(request.parent, [])
        return reviews_pb2.ListReviewsResponse(
            reviews=found[: request.page_size or PAGE_SIZE], total_size=len(found)
        )

    async def BatchListReviews(
        self, request: reviews_pb2.BatchListReviewsRequest, context: Context
    ) -> reviews_pb2.BatchListReviewsResponse:
        size = request.page_size or PAGE_SIZE
        found = {name: self._reviews.get(name, []) for name in request.products}
        entry = reviews_pb2.BatchListReviewsResponse.Entry
        return reviews_pb2.BatchListReviewsResponse(
            entries=[
                entry(product=name, reviews=reviews[:size], total_size=len(reviews))
                for name, reviews in found.items()
            ]
        )


class Inventory(inventory_pb2_grpc.InventoryServiceServicer):
    """Stocks by product."""

    def __init__(self) -> None:
        self._stocks = _by_product(inventory_seed.stocks(), stock_message)

    async def BatchListStocks(
        self, request: inventory_pb2.BatchListStocksRequest, context: Context
    ) -> inventory_pb2.BatchListStocksResponse:
        size = request.page_size or PAGE_SIZE
        found = {name: self._stocks.get(name, []) for name in request.products}
        entry = inventory_pb2.BatchListStocksResponse.Entry
        return inventory_pb2.BatchListStocksResponse(
            entries=[
                entry(product=name, stocks=stocks[:size], total_size=len(stocks))
                for name, stocks in found.items()
            ]
        )


def _all_reviews() -> Mapping[str, list[reviews_pb2.Review]]:
    """Returns a few reviews of each product, as long as the example shop's, in words at hand."""
    return {
        name: [_review(product, name, number) for number in range(3 + len(product.title) % 7)]
        for product in catalog_seed.products()
        for name in _copies(product.name)
    }


def _review(product: Product, name: str, number: int) -> reviews_pb2.Review:
    return reviews_pb2.Review(
        name=f"{name}/reviews/{number}",
        product=name,
        author=f"Reader {number}",
        rating=1 + number % 5,
        title=product.title,
        body=product.description,
        create_time=product.create_time,
        update_time=product.update_time,
    )


def _copies(name: str) -> Iterable[str]:
    return (name if number == 0 else f"{name}-{number}" for number in range(COPIES))


def _by_product(items: Iterable[Any], message: Callable[[Any], Any]) -> Mapping[str, list[Any]]:
    """Returns the messages of items called products/…/kind/…, for each copy of their product."""
    found = defaultdict(list)
    for item in items:
        product, kind, own = item.name.rsplit("/", 2)
        for copy in _copies(product):
            found[copy].append(message(replace(item, name=f"{copy}/{kind}/{own}")))
    return found


SERVICERS: Mapping[str, tuple[type, Callable[[Any, grpc.aio.Server], None]]] = {
    "catalog": (Catalog, catalog_pb2_grpc.add_CatalogServiceServicer_to_server),
    "reviews": (Reviews, reviews_pb2_grpc.add_ReviewsServiceServicer_to_server),
    "inventory": (Inventory, inventory_pb2_grpc.add_InventoryServiceServicer_to_server),
}


async def _serve(name: str, port: str) -> None:
    servicer, add = SERVICERS[name]
    server = grpc.aio.server()
    add(servicer(), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(*sys.argv[1:]))
