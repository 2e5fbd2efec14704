"""The GraphQL endpoint: POST and GET over HTTP, graphql-transport-ws over a socket.

Strawberry's ASGI view does the protocols. What is ours: what a request may be, how refusals look,
one execution for each document, and GraphiQL from local files.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from json import JSONDecodeError
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http.base import BaseRequestProtocol
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message
from strawberry.types.graphql import OperationType

from edge.call import Caller
from edge.codec import Codec
from edge.config import EdgeSettings
from edge.contracts.derived import derive
from edge.contracts.model import Contracts
from edge.errors import BodyTooSlow, graphql_extensions
from edge.graphql import graphiql
from edge.graphql.execution import Execution
from edge.graphql.schema import EdgeSchema, build_schema
from edge.middleware.context import request_context
from mesh.errors import InvalidArgument
from mesh.telemetry.tracing import current_trace_id

EAGER_METHODS_MAX = 1_000
INIT_SECONDS = 10.0
SUBSCRIPTIONS_MAX = 100
STREAM_SECONDS_MAX = 86_400.0

Open = Callable[[OperationType], Execution]


def graphql_app(
    contracts: Contracts, codec: Codec, caller: Caller, settings: EdgeSettings
) -> "GraphQLApp":
    """Returns the ASGI application that answers `/graphql` and what is below it.

    The schema is built now, so that contracts which make none stop the start; that of more than
    EAGER_METHODS_MAX methods waits for its first use.

    Raises:
        ContractError: the contracts contradict themselves.
    """
    app = GraphQLApp(contracts, codec, caller, settings)
    if len(contracts.methods) <= EAGER_METHODS_MAX:
        app.build()
    return app


class GraphQLApp:
    """Builds the schema once; hands assets of GraphiQL and everything else on."""

    def __init__(
        self, contracts: Contracts, codec: Codec, caller: Caller, settings: EdgeSettings
    ) -> None:
        self._contracts = contracts
        self._bare_packages = settings.graphql_bare_packages
        self._body_seconds = settings.write_seconds
        self._open = partial(_open, codec, caller, settings)
        self._production = settings.production
        self._assets = {} if settings.production else graphiql.find_assets()
        self._view: ASGIApp | None = None
        self._building = asyncio.Lock()

    def build(self) -> EdgeSchema:
        """Builds the schema and returns it."""
        derived = derive(self._contracts, self._bare_packages)
        schema = build_schema(derived, production=self._production)
        self._view = View(schema, self._open, self._body_seconds, page=bool(self._assets))
        return schema

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request or serves one socket."""
        _, below, name = scope["path"].rpartition("/assets/")
        if below and scope["type"] == "http":
            await graphiql.asset(self._assets, name)(scope, receive, send)
            return
        if self._view is None:
            async with self._building:
                if self._view is None:
                    await asyncio.to_thread(self.build)
        assert self._view
        await self._view(scope, receive, send)


class Socket(BaseGraphQLTransportWSHandler[Open, None]):
    """Strawberry's side of a socket, for messages of any shape."""

    async def handle_message(self, message: Message) -> None:
        """Answers one message; closes the socket on one that the protocol does not know."""
        if _well_formed(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("Failed to parse message")


class View(GraphQL[Open, None]):
    """Strawberry's view with our rules."""

    graphql_transport_ws_handler_class = Socket

    def __init__(
        self,
        schema: EdgeSchema,
        open_: Callable[[Scope, OperationType], Execution],
        body_seconds: float,
        *,
        page: bool,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if page else None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=INIT_SECONDS),
            max_subscriptions_per_connection=SUBSCRIPTIONS_MAX,
        )
        self._open = open_
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request or serves one socket.

        Raises:
            BodyTooSlow: the body did not arrive in time.
        """
        if scope["type"] != "http":
            await self.run(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        try:
            await self._read(request)
            response = await self.run(request)
        except ClientDisconnect:
            return
        except HTTPException as error:
            response = _refusal(error)
        await response(scope, receive, send)

    async def _read(self, request: Request) -> None:
        """Reads the body, which the request keeps for Strawberry."""
        try:
            async with asyncio.timeout(self._body_seconds):
                await request.body()
        except TimeoutError as error:
            raise BodyTooSlow("the body did not arrive in time") from error

    async def get_context(self, request: HTTPConnection, response: Any) -> Open:
        """Returns what opens the execution of a document of this request or socket."""
        return partial(self._open, request.scope)

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        """Says whether a browser asks for the page; the query in its address is for the page."""
        accept = request.headers.get("accept", "")
        return self.graphql_ide is not None and request.method == "GET" and "text/html" in accept

    async def render_graphql_ide(self, request: Request) -> Response:
        """Returns the page."""
        return graphiql.page(request.scope["path"].rstrip("/"))

    def decode_json(self, data: str | bytes) -> object:
        """Returns the JSON object that a body, a parameter or a message of a socket holds."""
        found = orjson.loads(data)
        if not isinstance(found, dict):
            raise JSONDecodeError("an object is expected", str(data), 0)
        return found

    def encode_json(self, data: object) -> str:
        """Returns the text of a message to a socket: the protocol has no binary frames."""
        return orjson.dumps(data).decode()

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """Returns the answer to a request."""
        return Response(orjson.dumps(response_data), media_type="application/json")


def _open(
    codec: Codec, caller: Caller, settings: EdgeSettings, scope: Scope, type_: OperationType
) -> Execution:
    if type_ is OperationType.SUBSCRIPTION and scope["type"] == "http":
        raise InvalidArgument(
            f"a subscription needs a socket: {GRAPHQL_TRANSPORT_WS_PROTOCOL}", reason="NO_SOCKET"
        )
    seconds = {
        OperationType.QUERY: settings.read_seconds,
        OperationType.MUTATION: settings.write_seconds,
        OperationType.SUBSCRIPTION: STREAM_SECONDS_MAX,
    }[type_]
    return Execution(codec, caller, request_context(scope, seconds))


def _well_formed(message: Mapping[str, Any]) -> bool:
    payload = message.get("payload") or {}
    return (
        isinstance(message.get("id", ""), str)
        and isinstance(payload, dict)
        and isinstance(payload.get("query", ""), str)
        and isinstance(payload.get("variables") or {}, dict)
        and isinstance(payload.get("operationName") or "", str)
    )


def _refusal(error: HTTPException) -> Response:
    """What HTTP refuses, in the form of a GraphQL answer."""
    status, headers = _status(error)
    reason = "HTTP_METHOD" if status == 405 else "HTTP_REQUEST"
    known = InvalidArgument(error.reason, reason=reason)
    told = {"message": known.message, "extensions": graphql_extensions(known, current_trace_id())}
    body = orjson.dumps({"errors": [told]})
    return Response(body, status, headers, media_type="application/json")


def _status(error: HTTPException) -> tuple[int, Mapping[str, str]]:
    """A mutation by GET is 405, a body that is no JSON 415 (RFC 9110)."""
    if isinstance(error.__cause__, InvalidOperationTypeError):
        return 405, {"allow": "POST"}
    if error.status_code == 405:
        return 405, {"allow": "GET, POST"}
    return 415 if error.reason == "Unsupported content type" else error.status_code, {}
