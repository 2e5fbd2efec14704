"""GraphQL over a web socket: graphql-transport-ws, as Strawberry speaks it.

Strawberry keeps the states of the protocol; what a document does is the engine's.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from datetime import timedelta
from json import JSONDecodeError
from typing import Any

import orjson
from graphql import OperationType
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry import Schema
from strawberry.asgi import GraphQL
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    Message,
    SubscribeMessage,
)

from edge.config import EdgeSettings
from edge.graphql.engine import Answer, Engine, Open
from edge.graphql.http.request import Asked, asked_of, read_json
from edge.loading.execution import Execution
from mesh.errors import InvalidArgument, ResourceExhausted

TYPES = ("connection_init", "ping", "pong", "subscribe", "complete")
UNAUTHORIZED = 4401
ALREADY_EXISTS = 4409
REASON_CHARACTERS_MAX = 20
"""How much of a client's own words a close reason repeats: it has 123 bytes (RFC 6455, 5.5)."""


class Connection(BaseGraphQLTransportWSHandler[Open, None]):
    """One socket: refuses messages of the wrong shape, runs operations by the engine."""

    view: "Sockets"

    async def handle_message(self, message: Message) -> None:
        """Answers one message; closes the socket on one that the protocol does not know."""
        if not _well_formed(message):
            await self.handle_invalid_message("Failed to parse message")
        elif message["type"] not in TYPES:
            said = message["type"][:REASON_CHARACTERS_MAX]
            await self.handle_invalid_message(f"Unknown message type: {said}")
        else:
            await super().handle_message(message)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Starts an operation, within the number that one socket may have."""
        if not self.connection_acknowledged:
            await self.websocket.close(code=UNAUTHORIZED, reason="Unauthorized")
            return
        id_ = message["id"]
        try:
            asked = asked_of(message["payload"])
        except InvalidArgument as error:
            await self.handle_invalid_message(error.message)
            return
        if id_ in self.operations:
            reason = f"Subscriber for {id_[:REASON_CHARACTERS_MAX]} already exists"
            await self.websocket.close(code=ALREADY_EXISTS, reason=reason)
        elif len(self.operations) >= (most := self.view.operations_max):
            refusal = ResourceExhausted(
                f"a socket has {most} operations at a time", reason="SUBSCRIPTIONS_LIMIT"
            )
            await self.send_message(_message(id_, self.view.engine.refuse(refusal)))
        else:
            operation = Operation(self, id_, asked.query, asked.variables, asked.operation_name)
            self.operations[id_] = operation
            operation.task = asyncio.create_task(self._run(operation, asked))
            operation.task.add_done_callback(self._task_done)

    async def _run(self, operation: Operation[Open, None], asked: Asked) -> None:
        """Sends what an operation results in, and that it is complete."""
        try:
            async with aclosing(self.view.engine.stream(asked, self.context)) as answers:  # type: ignore[type-var]  # it is a generator
                async for answer in answers:
                    await operation.send_operation_message(_message(operation.id, answer))
            await operation.send_operation_message({"type": "complete", "id": operation.id})
        except WebSocketDisconnected:
            return
        except Exception as error:  # a task: nobody else would hear of it
            refused = self.view.engine.refuse(error)
            await operation.send_operation_message(_message(operation.id, refused))


class Sockets(GraphQL[Open, None]):
    """Strawberry's view of one schema, for sockets alone."""

    graphql_transport_ws_handler_class = Connection

    def __init__(
        self,
        schema: Schema,
        engine: Engine,
        open_: Callable[[Scope, OperationType], Execution],
        settings: EdgeSettings,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=settings.graphql_init_seconds),
            max_subscriptions_per_connection=None,  # counted here, to be refused in our words
            # A socket carries cookies, so that `*`, which stands for all without them, is no help.
            allowed_origins=[origin for origin in settings.cors_origins if origin != "*"],
        )
        self.engine = engine
        self.operations_max = settings.graphql_subscriptions_max
        self._open = open_
        self._depth_max = settings.json_depth_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one socket."""
        await self.run(WebSocket(scope, receive, send))

    async def get_context(self, request: HTTPConnection, response: Any) -> Open:
        """Returns what opens the execution of a document of this socket."""
        scope = request.scope
        return lambda type_: self._open(scope, type_)

    async def render_graphql_ide(self, request: Any) -> Response:
        """Returns nothing of use: a socket has no page."""
        return Response(status_code=404)

    def decode_json(self, data: str | bytes) -> object:
        """Returns the JSON object that a message holds."""
        try:
            found = read_json(data.encode() if isinstance(data, str) else data, self._depth_max)
        except InvalidArgument as error:
            raise JSONDecodeError(error.message, "", 0) from error
        if not isinstance(found, dict):
            raise JSONDecodeError("an object is expected", "", 0)
        return found

    def encode_json(self, data: object) -> str:
        """Returns the text of a message: the protocol has no binary frames."""
        return orjson.dumps(data).decode()


def _message(id_: str, answer: Answer) -> Any:
    """Returns the message for an answer, which is written already; a refusal has only entries."""
    if answer.refusal is None:
        return {"type": "next", "id": id_, "payload": orjson.Fragment(answer.body)}
    entries = answer.body[len(b'{"errors":') : -1]
    return {"type": "error", "id": id_, "payload": orjson.Fragment(entries)}


def _well_formed(message: Mapping[str, Any]) -> bool:
    id_, type_, payload = message.get("id", ""), message.get("type"), message.get("payload")
    texts = isinstance(id_, str) and isinstance(type_, str)
    return texts and isinstance(payload or {}, dict)
