"""The GraphQL edge that people would write: Strawberry types by hand, and DataLoaders."""

import sys
from dataclasses import dataclass

import grpc
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.types import Info

from shop.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from shop.inventory.v1 import inventory_pb2, inventory_pb2_grpc
from shop.reviews.v1 import reviews_pb2, reviews_pb2_grpc


@strawberry.type
class Review:
    """A review."""

    author: str
    rating: int
    title: str


@strawberry.type
class Stock:
    """A stock."""

    location: str
    available: int


@strawberry.type
class Reviews:
    """The reviews of a product."""

    nodes: list[Review]


@strawberry.type
class Stocks:
    """The stocks of a product."""

    nodes: list[Stock]


@strawberry.type
class Product:
    """A product."""

    name: str
    title: str
    brand: str
    description: str

    @strawberry.field
    async def reviews(self, info: Info, first: int = 20) -> Reviews:
        """Its reviews."""
        return Reviews(nodes=await info.context["loaders"].reviews.load((self.name, first)))

    @strawberry.field
    async def stocks(self, info: Info, first: int = 20) -> Stocks:
        """Its stocks."""
        return Stocks(nodes=await info.context["loaders"].stocks.load((self.name, first)))


@strawberry.type
class Products:
    """A page of products."""

    nodes: list[Product]


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    async def product(self, info: Info, name: str) -> Product | None:
        """One product."""
        request = catalog_pb2.GetProductRequest(name=name)
        catalog = info.context["loaders"].upstreams.catalog
        return _product(await catalog.GetProduct(request, timeout=2))

    @strawberry.field
    async def products(
        self,
        info: Info,
        first: int = 20,
        filter: str = "",  # noqa: A002 - the argument's name
        after: str = "",
    ) -> Products:
        """A page of products."""
        request = catalog_pb2.ListProductsRequest(page_size=first, filter=filter, page_token=after)
        answer = await info.context["loaders"].upstreams.catalog.ListProducts(request, timeout=2)
        return Products(nodes=[_product(product) for product in answer.products])


def _product(message: catalog_pb2.Product) -> Product:
    return Product(
        name=message.name,
        title=message.title,
        brand=message.brand,
        description=message.description,
    )


class Upstreams:
    """The stubs."""

    def __init__(self, catalog: str, reviews: str, inventory: str) -> None:
        open_ = grpc.aio.insecure_channel
        self.catalog = catalog_pb2_grpc.CatalogServiceStub(open_(catalog))
        self.reviews = reviews_pb2_grpc.ReviewsServiceStub(open_(reviews))
        self.inventory = inventory_pb2_grpc.InventoryServiceStub(open_(inventory))


@dataclass
class Loaders:
    """The loaders of one request."""

    upstreams: Upstreams

    def __post_init__(self) -> None:
        self.reviews = DataLoader(self._reviews)
        self.stocks = DataLoader(self._stocks)

    async def _reviews(self, keys: list[tuple[str, int]]) -> list[list[Review]]:
        request = reviews_pb2.BatchListReviewsRequest(
            products=[name for name, _ in keys], page_size=keys[0][1]
        )
        answer = await self.upstreams.reviews.BatchListReviews(request, timeout=2)
        found = {e.product: e.reviews for e in answer.entries}
        return [
            [Review(author=r.author, rating=r.rating, title=r.title) for r in found.get(name, ())]
            for name, _ in keys
        ]

    async def _stocks(self, keys: list[tuple[str, int]]) -> list[list[Stock]]:
        request = inventory_pb2.BatchListStocksRequest(
            products=[name for name, _ in keys], page_size=keys[0][1]
        )
        answer = await self.upstreams.inventory.BatchListStocks(request, timeout=2)
        found = {e.product: e.stocks for e in answer.entries}
        return [
            [Stock(location=s.location, available=s.available) for s in found.get(name, ())]
            for name, _ in keys
        ]


class Edge(GraphQL[dict[str, "Loaders"], None]):
    """The endpoint, with loaders for each request."""

    def __init__(self, *addresses: str) -> None:
        super().__init__(strawberry.Schema(query=Query))
        self.addresses = addresses
        self.upstreams: list[Upstreams] = []

    async def get_context(  # type: ignore[override]  # requests only, no sockets
        self, request: Request, response: Response
    ) -> dict[str, Loaders]:
        """Returns fresh loaders over the shared stubs."""
        if not self.upstreams:
            self.upstreams.append(Upstreams(*self.addresses))
        return {"loaders": Loaders(self.upstreams[0])}


if __name__ == "__main__":
    app = Starlette(routes=[Route("/graphql", Edge(*sys.argv[2:5]), methods=["POST"])])
    uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning")
