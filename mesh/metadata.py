"""Every metadata key that we send, and what of a request travels with its calls."""

from contextvars import ContextVar

REQUEST_ID = "x-request-id"
TRACEPARENT = "traceparent"
TRACESTATE = "tracestate"
ROUTING = "x-goog-request-params"

Metadata = tuple[tuple[str, str | bytes], ...]

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that this work is done for; empty outside a request."""
