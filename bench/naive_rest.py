"""The REST edge that people would write: Starlette, generated stubs, json_format."""

import sys

import grpc
import uvicorn
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shop.catalog.v1 import catalog_pb2, catalog_pb2_grpc


def create_app(catalog: str) -> Starlette:
    """Returns the edge over a catalog at an address."""
    stubs: list[catalog_pb2_grpc.CatalogServiceStub] = []

    def stub() -> catalog_pb2_grpc.CatalogServiceStub:
        if not stubs:
            stubs.append(catalog_pb2_grpc.CatalogServiceStub(grpc.aio.insecure_channel(catalog)))
        return stubs[0]

    async def get_product(request: Request) -> Response:
        name = f"products/{request.path_params['product']}"
        answer = await stub().GetProduct(catalog_pb2.GetProductRequest(name=name), timeout=2)
        return _json(answer)

    async def list_products(request: Request) -> Response:
        words = request.query_params
        wanted = catalog_pb2.ListProductsRequest(
            page_size=int(words.get("page_size", 0)),
            page_token=words.get("page_token", ""),
            filter=words.get("filter", ""),
        )
        return _json(await stub().ListProducts(wanted, timeout=2))

    return Starlette(
        routes=[
            Route("/v1/products/{product}", get_product),
            Route("/v1/products", list_products),
        ]
    )


def _json(message: Message) -> Response:
    text = MessageToJson(message, always_print_fields_with_no_presence=True, indent=None)
    return Response(text, media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(
        create_app(sys.argv[2]), port=int(sys.argv[1]), access_log=False, log_level="warning"
    )
