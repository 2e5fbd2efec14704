"""The endpoint over fakes: by calls, and behind a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn

from edge.config import EdgeSettings
from edge.graphql.handler import graphql_app
from edge.middleware.last_resort import LastResortMiddleware

QUERY = "{ products(first: 1) { nodes { title } } }"
DATA = {"products": {"nodes": [{"title": "Product 0"}]}}
DELETE = 'mutation { deleteProduct(name: "products/p1") }'
WATCH = 'subscription { watchStock(parent: "products/p1") { available product { title } } }'


def app_of(edge: Any, **settings: Any) -> LastResortMiddleware:
    """The GraphQL of an edge as it stands in the edge's list."""
    made = EdgeSettings(**settings)
    contracts = edge.derived.contracts
    return LastResortMiddleware(graphql_app(contracts, edge.codec, edge.caller, made))


def client_of(edge: Any, **settings: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app_of(edge, **settings))
    return httpx.AsyncClient(transport=transport, base_url="http://edge")


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """Serves an application at a free port; yields its host and port."""
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="websockets-sansio")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 # uvicorn has no event for it
        await asyncio.sleep(0)
    try:
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


def reason(answer: httpx.Response) -> str:
    """The reason of the only error of an answer that has no data."""
    said = answer.json()
    assert list(said) == ["errors"]
    (error,) = said["errors"]
    found: str = error["extensions"]["reason"]
    return found


def stock(available: int) -> dict[str, object]:
    product = "products/p1"
    return {"name": f"{product}/stocks/oslo", "product": product, "available": available}
