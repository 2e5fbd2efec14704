"""The endpoint over fakes: by calls, and behind a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import httpx
import uvicorn

from edge.config import EdgeSettings
from edge.graphql.handler import GraphQLApp, graphql_app
from edge.loading.reading import Reading
from edge.middleware.last_resort import LastResortMiddleware

QUERY = "{ products(first: 1) { nodes { title } } }"
DATA = {"products": {"nodes": [{"title": "Product 0"}]}}
DELETE = 'mutation { deleteProduct(name: "products/p1") }'
WATCH = 'subscription { watchStock(parent: "products/p1") { available product { title } } }'


class Through:
    """A caller that stands for that of the test under way: an application is built once for all."""

    caller: Any

    def serves(self, service: str) -> bool:
        return bool(self.caller.serves(service))

    async def unary(self, *asked: Any) -> bytes:
        answer: bytes = await self.caller.unary(*asked)
        return answer

    def stream(self, *asked: Any) -> AsyncIterator[bytes]:
        answers: AsyncIterator[bytes] = self.caller.stream(*asked)
        return answers


@cache
def built(derived: Any, codec: Any, settings: frozenset[Any]) -> tuple[GraphQLApp, Through]:
    through = Through()
    made = EdgeSettings(**dict(settings))
    return graphql_app(derived.contracts, codec, Reading(derived.contracts), through, made), through


def app_of(edge: Any, **settings: Any) -> LastResortMiddleware:
    """The GraphQL of an edge as it stands in the edge's list.

    What one test has its application keep, the next finds there, if its settings are the same.
    """
    app, through = built(edge.derived, edge.codec, frozenset(settings.items()))
    through.caller = edge.caller
    return LastResortMiddleware(app)


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
