"""One HTTP request under way, and the way back to whoever sent it."""

from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from edge.body import whole_body
from edge.call import RequestContext
from edge.errors import UnsupportedCoding
from edge.middleware.context import request_context
from edge.rest.around import Asked
from edge.rest.endpoint import Endpoint
from edge.rest.router import Match
from mesh.deadline import Deadline
from mesh.errors import InvalidArgument
from mesh.metadata import ROUTING


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that has found its endpoint."""

    scope: Scope
    receive: Receive
    send: Send
    endpoint: Endpoint
    match: Match
    asked: Asked
    deadline: Deadline

    @property
    def verb(self) -> str:
        """The HTTP method."""
        found: str = self.scope["method"]
        return found

    @property
    def content_type(self) -> bytes:
        """What the request says of its body; empty where it says nothing.

        Raises:
            UnsupportedCoding: the body is compressed, which nobody here undoes.
        """
        found = b""
        for name, value in self.scope["headers"]:
            if name == b"content-type":
                found = found or value
            elif name == b"content-encoding" and value.lower() != b"identity":
                raise UnsupportedCoding("send the body without a Content-Encoding")
        return found

    async def message(self) -> bytes:
        """Returns the request message; only a body that the method takes is waited for.

        Raises:
            InvalidArgument: the client left before the end of the body.
            MeshError: as `RequestPlan.read` and `whole_body`.
        """
        if not self.endpoint.request.takes_body:
            return self.message_of(b"", b"")
        body = await whole_body(self.receive, self.deadline.remaining())
        if body is None:
            raise InvalidArgument("the body ended too early")
        return self.message_of(body, self.content_type)

    def message_of(self, body: bytes, content_type: bytes) -> bytes:
        """Returns the request message with that body; raises as `RequestPlan.read`."""
        plan = self.endpoint.request
        request = plan.read(self.match.values, self.asked.query, body, content_type)
        return self.endpoint.around.complete(request, self.asked)

    def context(self, request: bytes) -> RequestContext:
        """Returns what travels inward with the calls for a request message."""
        told = self.endpoint.request.routing(self.match.values, request)
        routing = ((ROUTING, told),) if told else ()
        return request_context(self.scope, self.deadline, routing, no_cache=self.asked.no_cache)
