"""What of an HTTP request its calls need: the request id and the headers that travel (R24)."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from edge.call import RequestContext
from edge.errors import ErrorContext
from edge.middleware.request_id import request_id_of
from mesh.deadline import Deadline
from mesh.errors import InvalidArgument
from mesh.telemetry.tracing import current_trace_id

METADATA = "selvedge.metadata"
NOTES = "selvedge.notes"
"""Where the notes of a request's calls are found when it is answered."""
AUTHORIZATION = "authorization"


class ContextMiddleware:
    """Keeps the request headers that become metadata of every call.

    `traceparent` and `tracestate` travel by the spans of the telemetry, which continue them, and
    `x-request-id` by the request id.
    """

    def __init__(self, app: ASGIApp, forward: Iterable[str] = ()) -> None:
        self.app = app
        self._names = {name.encode(): name for name in (AUTHORIZATION, *forward)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "lifespan":
            names = self._names
            scope[METADATA] = tuple(
                (names[name], _text(names[name], value))
                for name, value in scope["headers"]
                if name in names
            )
        await self.app(scope, receive, send)


def request_context(
    scope: Scope,
    deadline: Deadline,
    more: tuple[tuple[str, str], ...] = (),
    *,
    no_cache: bool = False,
) -> RequestContext:
    """Returns the context of the calls of one request, which must end by the deadline."""
    context = RequestContext(
        request_id=request_id_of(scope),
        deadline=deadline,
        metadata=(*scope.get(METADATA, ()), *more),
        no_cache=no_cache,
    )
    scope[NOTES] = context.notes
    return context


def error_context(scope: Scope, *, google: bool) -> ErrorContext:
    """Returns where an error of one request is told."""
    return ErrorContext(str(scope["raw_path"], "latin-1"), current_trace_id(), google)


def _text(name: str, value: bytes) -> str:
    """A header's value as metadata, which is printable ASCII (gRPC over HTTP/2)."""
    text = value.decode("latin-1")
    if not (text.isascii() and text.isprintable()):
        raise InvalidArgument(f"the header {name} is not printable ASCII")
    return text
