"""One server span a request: it continues its caller's trace, or begins one (W3C Trace Context)."""

from opentelemetry.trace import SpanKind, Status, StatusCode, use_span
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mesh.metadata import TRACEPARENT, TRACESTATE
from mesh.telemetry import tracing

_CARRIED = {TRACEPARENT.encode(), TRACESTATE.encode()}
FAILED_FROM = 500


class TelemetryMiddleware:
    """Puts each request into a span, which is current while the request is handled."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        carried = [
            (str(name, "latin-1"), str(value, "latin-1"))
            for name, value in scope["headers"]
            if name in _CARRIED
        ]
        attributes = {"http.request.method": scope["method"], "url.path": scope["path"]}
        parent = tracing.extract(carried) if carried else tracing.NO_PARENT
        span = tracing.start(scope["method"], SpanKind.SERVER, attributes, parent)
        if not span.is_recording():  # its ids are all that anybody can ask for
            with tracing.Current(span):
                await self.app(scope, receive, send)
            return

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                span.set_attribute("http.response.status_code", message["status"])
                if message["status"] >= FAILED_FROM:
                    span.set_status(Status(StatusCode.ERROR))
            await send(message)

        with use_span(span, end_on_exit=True, record_exception=False):
            await self.app(scope, receive, noted)
