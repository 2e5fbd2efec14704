"""Which pages of other origins may call the edge (Fetch, 3.2): Starlette's middleware, by settings.

Nothing is said where no origin is listed, so that no page elsewhere can read an answer. Listed
origins may send cookies; `*` stands for all origins, without cookies.
"""

from typing import Any

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from edge.answer import answer
from edge.config import EdgeSettings
from edge.errors import ErrorContext, problem
from mesh.errors import InvalidArgument
from mesh.telemetry.tracing import current_trace_id

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SENT = (
    "authorization",
    "if-match",
    "if-none-match",
    "if-range",
    "idempotency-key",
    "last-event-id",
    "range",
    "traceparent",
    "tracestate",
    "x-request-id",
    "x-selvedge-csrf",
)
READ = (
    "accept-ranges",
    "age",
    "content-range",
    "deprecation",
    "etag",
    "link",
    "retry-after",
    "server-timing",
    "sunset",
    "x-request-id",
)
PREFLIGHT_SECONDS = 600


class Cors(CORSMiddleware):
    """Starlette's, but a preflight that is refused has a problem (R14)."""

    def __init__(self, app: ASGIApp, /, *, google: bool, **given: Any) -> None:
        super().__init__(app, **given)
        self._google = google

    def preflight_response(self, request_headers: Headers) -> Response:
        """Returns the answer to a preflight."""
        found = super().preflight_response(request_headers)
        return found if found.status_code < 400 else _Refusal(found, self._google)


class _Refusal(Response):
    """A refused preflight: what it says, said as a problem, with its headers."""

    def __init__(self, said: Response, google: bool) -> None:
        self._said, self._google = said, google

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = InvalidArgument(bytes(self._said.body).decode())
        path = str(scope["raw_path"], "latin-1")
        context = ErrorContext(path, current_trace_id(), self._google)
        status, headers, body = problem(error, context)
        kept = [pair for pair in self._said.raw_headers if not pair[0].startswith(b"content-")]
        await answer(send, status, [*headers, *kept], body)


def cors(settings: EdgeSettings) -> list[Middleware]:
    """Returns the middleware for the listed origins; none where none is listed."""
    origins = settings.cors_origins
    if not origins:
        return []
    made = Middleware(
        Cors,
        google=settings.rest_errors == "google",
        allow_origins=origins,
        allow_methods=METHODS,
        allow_headers=(*SENT, *settings.forward_headers),
        allow_credentials="*" not in origins,
        expose_headers=READ,
        max_age=PREFLIGHT_SECONDS,
    )
    return [made]
