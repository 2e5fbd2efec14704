"""One span a call, under the caller's trace; the request id joins the context."""

from typing import Any

import grpc
from opentelemetry.trace import SpanKind, StatusCode, use_span

from mesh import metadata
from mesh.inbound import IncomingCall, Proceed
from mesh.telemetry import tracing

_SERVER_FAULTS = {
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DATA_LOSS,
}
"""Codes that mark a server span as failed (OpenTelemetry semantic conventions for gRPC)."""


def telemetry(proceed: Proceed) -> Proceed:
    """Wraps a call in its server span."""

    async def handle(call: IncomingCall) -> Any:
        received = call.context.invocation_metadata() or ()
        token = metadata.request_id.set(_first(received, metadata.REQUEST_ID))
        name = call.facts.path.lstrip("/")
        attributes = {"rpc.system": "grpc", "rpc.method": name}
        span = tracing.start(name, SpanKind.SERVER, attributes, tracing.extract(received))
        try:
            with use_span(
                span, end_on_exit=True, record_exception=False, set_status_on_exception=False
            ):
                try:
                    return await proceed(call)
                finally:
                    span.set_attribute("rpc.response.status_code", call.code.name)
                    if call.code in _SERVER_FAULTS:
                        span.set_status(StatusCode.ERROR)
        finally:
            metadata.request_id.reset(token)

    return handle


def _first(received: Any, key: str) -> str:
    return next((value for name, value in received if name == key and isinstance(value, str)), "")
