"""One client span a call; its context goes along as W3C metadata."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from typing import Any

from opentelemetry.trace import SpanKind, StatusCode

from mesh.errors import MeshError
from mesh.outbound import OutgoingCall, Stream, Unary
from mesh.telemetry import tracing


def unary(proceed: Unary) -> Unary:
    """Wraps a call in its client span."""

    async def call(out: OutgoingCall) -> Any:
        with _span(out):
            return await proceed(out)

    return call


def stream(proceed: Stream) -> Stream:
    """Wraps a stream in its client span, from the first message to the last."""

    async def call(out: OutgoingCall) -> AsyncGenerator[Any, None]:
        with _span(out):
            async with aclosing(proceed(out)) as messages:
                async for message in messages:
                    yield message

    return call


@contextmanager
def _span(out: OutgoingCall) -> Iterator[None]:
    name = out.path.lstrip("/")
    # The span is not made current: a stream may be closed from another context than it began in.
    span = tracing.start(name, SpanKind.CLIENT, {"rpc.system": "grpc", "rpc.method": name})
    out.metadata.extend(tracing.inject(span).items())
    try:
        yield
    except MeshError as error:
        span.set_attribute("rpc.response.status_code", error.code.name)
        span.set_status(StatusCode.ERROR)
        raise
    finally:
        span.end()
