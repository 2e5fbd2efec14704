"""Which pages of other origins may call the edge (Fetch, 3.2): Starlette's middleware, by settings.

Nothing is said where no origin is listed, so that no page elsewhere can read an answer. Listed
origins may send cookies; `*` stands for all origins, without cookies.
"""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from edge.config import EdgeSettings

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SENT = (
    "authorization",
    "if-match",
    "if-none-match",
    "idempotency-key",
    "last-event-id",
    "range",
    "traceparent",
    "tracestate",
    "x-request-id",
    "x-selvedge-csrf",
)
READ = (
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


def cors(settings: EdgeSettings) -> list[Middleware]:
    """Returns the middleware for the listed origins; none where none is listed."""
    origins = settings.cors_origins
    if not origins:
        return []
    made = Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=METHODS,
        allow_headers=(*SENT, *settings.forward_headers),
        allow_credentials="*" not in origins,
        expose_headers=READ,
        max_age=PREFLIGHT_SECONDS,
    )
    return [made]
