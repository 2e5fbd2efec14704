"""The GraphQL application of one set of contracts: schema, engine, and the doors to it."""

import asyncio
from collections.abc import Mapping
from functools import partial

from graphql import GraphQLError, OperationType
from starlette.types import Receive, Scope, Send

from edge.call import Caller
from edge.codec import Codec
from edge.config import EdgeSettings
from edge.contracts.model import Contracts
from edge.document import Document
from edge.errors import NoSuchPath
from edge.graphql.cost import find_prices
from edge.graphql.engine import Engine, Misfit
from edge.graphql.freshness import Freshness, calls_of
from edge.graphql.guard import Bounds, Documents
from edge.graphql.http import graphiql
from edge.graphql.http.endpoint import Endpoint
from edge.graphql.http.persisted import Automatic, Operations, Trusted, read_manifest
from edge.graphql.http.socket import Sockets
from edge.graphql.long_running import Pace
from edge.graphql.plan import Plans
from edge.graphql.schema import build_schema
from edge.loading.execution import Execution
from edge.loading.reading import Reading
from edge.middleware.context import request_context
from mesh.deadline import Deadline
from mesh.errors import MeshError
from mesh.startup import StartupError

EAGER_METHODS_MAX = 1_000
STREAM_SECONDS_MAX = 86_400.0


def graphql_app(
    contracts: Contracts, codec: Codec, reading: Reading, caller: Caller, settings: EdgeSettings
) -> "GraphQLApp":
    """Returns the ASGI application that answers a GraphQL path and what is below it.

    The schema is built now, so that contracts which make none stop the start; that of more than
    EAGER_METHODS_MAX methods waits for its first use, unless a manifest is to be checked by it.

    Raises:
        ContractError: the contracts contradict themselves.
        StartupError: the manifest of trusted operations is none, or does not fit the schema.
    """
    app = GraphQLApp(codec, reading, caller, settings)
    if len(contracts.methods) <= EAGER_METHODS_MAX or settings.graphql_operations:
        app.build()
    return app


class GraphQLApp:
    """Builds the schema once; hands assets of GraphiQL, requests and sockets on."""

    def __init__(
        self, codec: Codec, reading: Reading, caller: Caller, settings: EdgeSettings
    ) -> None:
        self._reading = reading
        self._settings = settings
        self._open = partial(_open, codec, reading, caller, settings)
        self._assets = {} if settings.production else graphiql.find_assets()
        self._doors: tuple[Endpoint, Sockets] | None = None
        self._building = asyncio.Lock()

    def build(self) -> None:
        """Builds the schema and what answers by it."""
        settings = self._settings
        derived = self._reading.derived
        pace = Pace(settings.operation_poll_seconds, settings.operation_poll_seconds_max)
        schema = build_schema(derived, pace, settings.graphql_first_max)
        core = schema._schema  # Strawberry has no other way to it
        bounds, prices = Bounds.of(settings), find_prices(derived)
        documents = Documents(bounds, prices, core, production=settings.production)
        path = settings.graphql_operations
        trusted = None if path is None else read_manifest(path)
        engine = Engine(
            schema,
            documents,
            _operations(trusted, settings),
            Freshness(core, calls_of(derived)),
            Plans(schema, derived),
            suggests=not settings.production,
        )
        _check(trusted or {}, engine)
        page = graphiql.page if self._assets else None
        self._doors = (
            Endpoint(engine, self._open, page, settings),
            Sockets(schema, engine, self._open, settings),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request or serves one socket."""
        doors = self._doors or await self._built()
        if scope["type"] == "http":
            _, below, name = scope["path"].rpartition("/assets/")
            door = self._asset(name) if below else doors[0]
            await door(scope, receive, send)
        else:
            await doors[1](scope, receive, send)

    async def _built(self) -> tuple[Endpoint, Sockets]:
        async with self._building:
            if self._doors is None:
                await asyncio.to_thread(self.build)
        assert self._doors
        return self._doors

    def _asset(self, name: str) -> Document:
        if name not in self._assets:
            raise NoSuchPath("no such file")
        return self._assets[name]


def _operations(trusted: Mapping[str, str] | None, settings: EdgeSettings) -> Operations:
    """An empty manifest shuts the free-form door too."""
    if trusted is None:
        return Automatic(settings.graphql_persisted_bytes_max)
    return Trusted(trusted)


def _check(trusted: Mapping[str, str], engine: Engine) -> None:
    for id_, text in trusted.items():
        try:
            engine.check(text)
        except (GraphQLError, MeshError, Misfit) as error:
            raise StartupError(f"the trusted operation {id_!r} cannot run: {error}") from error


def _open(
    codec: Codec,
    reading: Reading,
    caller: Caller,
    settings: EdgeSettings,
    scope: Scope,
    type_: OperationType,
) -> Execution:
    if type_ is OperationType.QUERY:
        seconds = settings.read_seconds
    elif type_ is OperationType.MUTATION:
        seconds = settings.write_seconds
    else:
        seconds = STREAM_SECONDS_MAX
    context = request_context(scope, Deadline.after(seconds))
    return Execution(codec, reading, caller, context, settings.graphql_first_max)
