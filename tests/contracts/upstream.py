"""An upstream for any contracts: answers every method from its descriptor and the request."""

import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message

from tests.contracts.filling import Filler
from tests.contracts.types import Types, key, outcome, reference, resource

LAST_PAGE = "page-2"
STREAMED = 3
PAGE = 3
OPERATION = "google.longrunning.Operation"
GET_OPERATION = "/google.longrunning.Operations/GetOperation"


@dataclass(frozen=True, slots=True)
class Call:
    """One call that the upstream saw: what was asked, and what it answered."""

    path: str
    request: Message
    answers: list[Message]


@dataclass
class Upstream:
    """A gRPC server over the descriptors of one image. `calls` holds what it saw, oldest first.

    Operations that it started it knows again by name.
    """

    types: Types
    calls: list[Call] = field(default_factory=list)
    address: str = ""
    _filler: Filler = field(init=False)
    _started: dict[str, Any] = field(default_factory=dict)
    _failure: tuple[grpc.StatusCode, str] | None = None

    def __post_init__(self) -> None:
        self._filler = Filler(self.types)

    async def start(self) -> str:
        """Serves on a free port of loopback; returns the address."""
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers([_Handler(self)])
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        await self._server.start()
        return self.address

    async def stop(self) -> None:
        """Ends the server at once."""
        await self._server.stop(None)

    @contextmanager
    def failing(self, code: grpc.StatusCode, message: str) -> Iterator[None]:
        """Every call within the block ends with this status."""
        self._failure = (code, message)
        try:
            yield
        finally:
            self._failure = None

    @contextmanager
    def recorded(self, *, finite: bool = False) -> Iterator[list[Call]]:
        """Yields the calls of the block; `finite` keeps NaN and the infinities out of answers."""
        self.calls.clear()
        self._filler = Filler(self.types, finite=finite)
        yield self.calls

    async def unary(self, path: str, request: Message, context: Any) -> Message:
        """Answers one request."""
        (message,) = await self._answers(path, request, context, 1)
        return message

    async def stream(self, path: str, request: Message, context: Any) -> AsyncIterator[Message]:
        """Answers one request several times."""
        for message in await self._answers(path, request, context, STREAMED):
            yield message

    async def _answers(
        self, path: str, request: Message, context: Any, count: int
    ) -> list[Message]:
        if self._failure:
            await context.abort(*self._failure)
        method = self.types.methods[path]
        answers = [Answer(self._filler, method, request).message(i) for i in range(count)]
        if path == GET_OPERATION and request.name in self._started:
            answers = [self._started[request.name]]
        elif method.output_type.full_name == OPERATION:
            self._started |= {answer.name: answer for answer in answers}
        self.calls.append(Call(path, request, answers))
        return answers


class _Handler(grpc.GenericRpcHandler):
    """Finds the method that a call names."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        path = details.method
        method = self._upstream.types.methods.get(path)
        if method is None or method.client_streaming:
            return None
        read = self._upstream.types.new(method.input_type).FromString
        write = self._upstream.types.new(method.output_type).SerializeToString
        if method.server_streaming:
            answers = partial(self._upstream.stream, path)
            return grpc.unary_stream_rpc_method_handler(answers, read, write)
        answer = partial(self._upstream.unary, path)
        return grpc.unary_unary_rpc_method_handler(answer, read, write)


class Answer:
    """What one method answers to one request: the same each time."""

    def __init__(self, filler: Filler, method: MethodDescriptor, request: Message) -> None:
        self._filler, self._method, self._request = filler, method, request
        self._asked = request.SerializeToString(deterministic=True)

    def message(self, index: int = 0) -> Message:
        """Returns the answer, the n-th one of a stream."""
        output = self._method.output_type
        message = self._filler.message(output, self._seed(index))
        names = self._request_names()
        items = self._items()
        if items:
            self._fill_items(message, items, names)
        elif names and (key(output) or "name") in output.fields_by_name:
            setattr(message, key(output) or "name", names[0])
        if output.full_name == OPERATION:
            self._end(message, names)
        return message

    def _seed(self, index: int) -> int:
        return zlib.crc32(self._method.full_name.encode() + self._asked) % 997 + index

    def _request_names(self) -> list[str]:
        """The resource names that the request asks for: of itself, or of the resource in it."""
        for name in ("names", "name", _referring(self._method)):
            found = self._request.DESCRIPTOR.fields_by_name.get(name)
            if found and found.type == found.TYPE_STRING:
                value = getattr(self._request, name)
                return list(value) if found.is_repeated else [value] * bool(value)
        inner = (value for field, value in self._request.ListFields() if _is(field, self._method))
        return [name for value in inner if (name := getattr(value, key(value.DESCRIPTOR), ""))]

    def _items(self) -> FieldDescriptor | None:
        """The list of a List or of a BatchGet."""
        lists = [f for f in self._method.output_type.fields if f.is_repeated and f.message_type]
        own = [f for f in lists if resource(f.message_type).type]
        listing = self._method.name.startswith(("List", "BatchGet"))
        return next(iter(own or lists), None) if listing else None

    def _fill_items(self, message: Message, items: FieldDescriptor, names: list[str]) -> None:
        batch = self._method.name.startswith("BatchGet")
        message.ClearField(items.name)
        for name in names if batch else self._listed(items.message_type):
            item = self._filler.message(items.message_type, zlib.crc32(name.encode()) % 991, 2)
            if key(items.message_type):
                setattr(item, key(items.message_type), name)
            getattr(message, items.name).append(item)
        if "next_page_token" in message.DESCRIPTOR.fields_by_name:
            over = getattr(self._request, "page_token", "") == LAST_PAGE
            message.next_page_token = "" if over else LAST_PAGE

    def _listed(self, item: Descriptor) -> list[str]:
        """The names on one page: below the parent, where the request has one."""
        size = min(getattr(self._request, "page_size", 0) or PAGE, PAGE)
        second = getattr(self._request, "page_token", "") == LAST_PAGE
        parent = getattr(self._request, "parent", "")
        type_ = resource(item).type
        start = 100 if second else 1
        return [self._filler.name(type_, start + i, parent) for i in range(max(size, 0))]

    def _end(self, message: Message, names: list[str]) -> None:
        """Ends an operation, where the contract says with what, as it says."""
        message.name = next(iter(names), f"operations/op-{self._seed(0)}")
        ended, metadata = outcome(self._method)
        if ended:
            message.ClearField("result")
            message.response.Pack(self._typed(ended))
            message.done = True
        if metadata:
            message.metadata.Pack(self._typed(metadata))

    def _typed(self, full_name: str) -> Message:
        return self._filler.message(self._filler.types.pool.FindMessageTypeByName(full_name), 1)


def _referring(method: MethodDescriptor) -> str:
    """The request field that refers to what the method answers with: `topic` of GetTopic."""
    type_ = resource(method.output_type).type
    fields = method.input_type.fields
    return next((f.name for f in fields if type_ and reference(f) == type_), "")


def _is(field: FieldDescriptor, method: MethodDescriptor) -> bool:
    return not field.is_repeated and field.message_type is method.output_type
