"""One span for each SQL statement of a call."""

from typing import Any

from opentelemetry.trace import Span, SpanKind, StatusCode
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh.telemetry import tracing

STATEMENT_CHARACTERS_MAX = 500


def trace_statements(engine: AsyncEngine) -> None:
    """Puts a client span around every statement of a call; parameters are never recorded."""
    system = engine.dialect.name

    def before(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not tracing.current_trace_id():
            return  # background work: a trace of each of its statements would tell nobody anything
        connection.info["span"] = tracing.start(
            f"{system} {statement.split(None, 1)[0].upper()}",
            SpanKind.CLIENT,
            {"db.system.name": system, "db.query.text": statement[:STATEMENT_CHARACTERS_MAX]},
        )

    def after(connection: Any, *rest: Any) -> None:
        _end(connection.info)

    def failed(context: ExceptionContext) -> None:
        if context.connection is not None:
            _end(context.connection.info, failed=True)

    event.listen(engine.sync_engine, "before_cursor_execute", before)
    event.listen(engine.sync_engine, "after_cursor_execute", after)
    event.listen(engine.sync_engine, "handle_error", failed)


def _end(info: dict[Any, Any], *, failed: bool = False) -> None:
    span: Span | None = info.pop("span", None)
    if span:
        if failed:
            span.set_status(StatusCode.ERROR)
        span.end()
