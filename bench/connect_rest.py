"""connect-python as an edge: the Connect protocol (JSON by POST) over the same stubs.

Connect has no REST paths: its clients send the request message as JSON to /package.Service/Method.
Messages are protobuf-py's, which connect-python is built on.
"""

import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import grpc
import uvicorn
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.server import ConnectASGIApplication, Endpoint
from protobuf.wkt import FileDescriptorSet

SERVICE = "shop.catalog.v1.CatalogService"
IMAGE = Path(__file__).parents[1] / "gen" / "contracts.binpb"
METHODS = {
    "GetProduct": ("GetProductRequest", "Product"),
    "ListProducts": ("ListProductsRequest", "ListProductsResponse"),
}


class Catalog(ConnectASGIApplication[None]):
    """The service, each method a call of the same method of the catalog at an address."""

    def __init__(self, catalog: str) -> None:
        self._types = FileDescriptorSet.from_binary(IMAGE.read_bytes()).to_registry()
        super().__init__(service=None, endpoints=self._endpoints_of)
        self._catalog = catalog
        self._channels: list[grpc.aio.Channel] = []

    @property
    def path(self) -> str:
        """Below which path its methods are."""
        return f"/{SERVICE}"

    def _endpoints_of(self, service: None) -> Mapping[str, Any]:
        found = {}
        for method, names in METHODS.items():
            asked, answered = map(self._type, names)
            info = MethodInfo(
                name=method,
                service_name=SERVICE,
                input=asked,
                output=answered,
                idempotency_level=IdempotencyLevel.NO_SIDE_EFFECTS,
                stream_type=StreamType.UNARY,
            )
            path = f"{self.path}/{method}"
            found[path] = Endpoint.unary(info, self._forward(path, answered))
        return found

    def _type(self, name: str) -> Any:
        described = self._types.message(f"shop.catalog.v1.{name}")
        assert described
        return described.type

    def _forward(self, path: str, answered: Any) -> Callable[[Any, Any], Awaitable[Any]]:
        calls: list[Any] = []

        async def call(request: Any, context: Any) -> Any:
            if not calls:
                channel = grpc.aio.insecure_channel(self._catalog)
                self._channels.append(channel)
                calls.append(
                    channel.unary_unary(
                        path,
                        request_serializer=lambda message: message.to_binary(),
                        response_deserializer=answered.from_binary,
                    )
                )
            return await calls[0](request, timeout=2)

        return call


if __name__ == "__main__":
    uvicorn.run(
        Catalog(sys.argv[2]),
        port=int(sys.argv[1]),
        access_log=False,
        log_level="warning",
        lifespan="off",
    )
