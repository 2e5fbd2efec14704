"""One client span a call; its context goes along as W3C metadata."""

from collections.abc import AsyncGenerator, Awaitable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any

from opentelemetry.trace import Span, SpanKind, StatusCode

from mesh.errors import MeshError
from mesh.outbound import OutgoingCall, Stream, Unary
from mesh.telemetry import tracing


def unary(proceed: Unary) -> Unary:
    """Wraps a call in its client span."""

    def call(out: OutgoingCall) -> Awaitable[Any]:
        span = _begin(out)
        return _recorded(span, proceed, out) if span.is_recording() else proceed(out)

    return call


async def _recorded(span: Span, proceed: Unary, out: OutgoingCall) -> Any:
    with _ended(span):
        return await proceed(out)


def stream(proceed: Stream) -> Stream:
    """Wraps a stream in its client span, from the first message to the last."""

    async def call(out: OutgoingCall) -> AsyncGenerator[Any, None]:
        with _ended(_begin(out)):
            async with aclosing(proceed(out)) as messages:
                async for message in messages:
                    yield message

    return call


def _begin(out: OutgoingCall) -> Span:
    """Begins the span of a call. It is not made current: a stream may be closed elsewhere."""
    name = out.path.lstrip("/")
    span = tracing.start(name, SpanKind.CLIENT, {"rpc.system": "grpc", "rpc.method": name})
    out.metadata.extend(tracing.inject(span))
    return span


@contextmanager
def _ended(span: Span) -> Iterator[None]:
    """Ends a span with what happened."""
    try:
        yield
    except MeshError as error:
        span.set_attribute("rpc.response.status_code", error.code.name)
        span.set_status(StatusCode.ERROR)
        raise
    finally:
        span.end()
