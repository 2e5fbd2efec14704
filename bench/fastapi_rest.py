"""The REST edge that people would write with FastAPI: generated stubs and json_format."""

import sys

import grpc
import uvicorn
from fastapi import FastAPI
from fastapi.responses import Response
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from shop.catalog.v1 import catalog_pb2, catalog_pb2_grpc


def create_app(catalog: str) -> FastAPI:
    """Returns the edge over a catalog at an address."""
    app = FastAPI()
    stubs: list[catalog_pb2_grpc.CatalogServiceStub] = []

    def stub() -> catalog_pb2_grpc.CatalogServiceStub:
        if not stubs:
            stubs.append(catalog_pb2_grpc.CatalogServiceStub(grpc.aio.insecure_channel(catalog)))
        return stubs[0]

    @app.get("/v1/products/{product}")
    async def get_product(product: str) -> Response:
        request = catalog_pb2.GetProductRequest(name=f"products/{product}")
        return _json(await stub().GetProduct(request, timeout=2))

    @app.get("/v1/products")
    async def list_products(
        page_size: int = 0,
        page_token: str = "",
        filter: str = "",  # noqa: A002 - the parameter's name
    ) -> Response:
        request = catalog_pb2.ListProductsRequest(
            page_size=page_size, page_token=page_token, filter=filter
        )
        return _json(await stub().ListProducts(request, timeout=2))

    return app


def _json(message: Message) -> Response:
    text = MessageToJson(message, always_print_fields_with_no_presence=True, indent=None)
    return Response(text, media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(
        create_app(sys.argv[2]), port=int(sys.argv[1]), access_log=False, log_level="warning"
    )
