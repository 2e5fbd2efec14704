"""One GraphQL document, or one expanded answer, under way: its calls inward and its loads."""

from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf.message import Message

from edge.batch import Batcher, ReadAll
from edge.call import Caller, RequestContext
from edge.codec import Codec, JsonValue
from edge.contracts.model import Method
from edge.loading.pages import FIRST_MAX
from edge.loading.reading import Reading
from edge.messages import Messages
from mesh.metadata import ROUTING


@dataclass(frozen=True, slots=True)
class Execution:
    """What the resolvers of one document share; `first_max` is the most nodes of one list."""

    codec: Codec
    reading: Reading
    caller: Caller
    request: RequestContext
    first_max: int = FIRST_MAX
    _batchers: dict[Hashable, Batcher[Any]] = field(default_factory=dict)

    @property
    def messages(self) -> Messages:
        """The message classes of the contracts."""
        return self.reading.messages

    async def call(
        self, method: Method, request: Mapping[str, JsonValue], more: bytes = b""
    ) -> Message:
        """Returns the message that a method answers; `more` is appended to the request's bytes.

        Raises:
            MeshError: as `Caller.unary`, or the request is none of the method.
        """
        data = self.codec.from_value(method.input.full_name, request) + more
        return await self._send(method, data, self.reading.routes.of(method).of_json(request))

    async def load(self, method: Method, fields: Mapping[str, object]) -> Message:
        """Returns the message that a method answers to a request of these fields, by proto names.

        The values are the edge's own, so they go without the checks that a client's JSON needs.

        Raises:
            MeshError: as `Caller.unary`.
        """
        message = self.messages.make(method.input.full_name, fields)
        routing = self.reading.routes.of(method).of_fields(fields)
        return await self._send(method, message.SerializeToString(), routing)

    async def _send(self, method: Method, request: bytes, routing: str) -> Message:
        answer = await self.caller.unary(method, request, self._routed(routing))
        return self.messages.read(method.output.full_name, answer)

    def _routed(self, routing: str) -> RequestContext:
        """Returns the context of a call that a cluster may route by its request (R19)."""
        if not routing:
            return self.request
        return replace(self.request, metadata=(*self.request.metadata, (ROUTING, routing)))

    async def stream(
        self, method: Method, request: Mapping[str, JsonValue], more: bytes = b""
    ) -> AsyncIterator[Message]:
        """Yields the messages that a server-streaming method answers.

        What was loaded for one value is forgotten before the next. Leaving cancels the call. `more`
        is as in `call`.

        Raises:
            MeshError: as `call`.
        """
        data = self.codec.from_value(method.input.full_name, request) + more
        context = self._routed(self.reading.routes.of(method).of_json(request))
        answers: Any = self.caller.stream(method, data, context)
        async with aclosing(answers):
            async for answer in answers:
                self.forget()
                yield self.messages.read(method.output.full_name, answer)

    def batcher(self, key: Hashable, make: Callable[[], ReadAll[Any]]) -> Batcher[Any]:
        """Returns the batcher of one kind of load; `make` says how it reads."""
        found = self._batchers.get(key)
        if found is None:
            found = self._batchers[key] = Batcher(make())
        return found

    def forget(self) -> None:
        """Forgets what was loaded: a mutation or an event may have made it stale.

        Loads that are under way end: they are reads of their own, so that nothing else ends them
        when the client leaves.
        """
        for batcher in self._batchers.values():
            batcher.cancel()
        self._batchers.clear()
