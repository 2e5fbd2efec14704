"""OpenTelemetry traces: W3C context in and out of metadata, spans to a file or a collector."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SpanExporter,
)
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from mesh.config import MeshSettings
from mesh.metadata import TRACEPARENT, TRACESTATE
from mesh.startup import StartupError

EXPORT_DELAY_MILLISECONDS = 250
TRACER = "selvedge"
_propagator = TraceContextTextMapPropagator()
# Kept, because a provider makes a new tracer at every asking: 20 µs a span.
_tracer = TracerProvider(sampler=ALWAYS_OFF).get_tracer(TRACER)
_records = False
_ids = RandomIdGenerator()
NO_PARENT = Context()
"""The context of what begins a trace."""


def configure(service: str, settings: MeshSettings) -> TracerProvider:
    """Returns the provider of this process, set up as the settings say; end it by `shutdown()`.

    Without a place for spans nothing is recorded, yet every request has a trace id.

    Raises:
        StartupError: the place for spans cannot be used.
    """
    global _records, _tracer
    recorded = TraceIdRatioBased(settings.trace_sample) if settings.traces else ALWAYS_OFF
    provider = TracerProvider(
        sampler=ParentBased(recorded) if settings.traces else ALWAYS_OFF,
        resource=Resource.create({SERVICE_NAME: service}),
        shutdown_on_exit=False,
    )
    if settings.traces:
        exporter = _exporter(service, settings)
        provider.add_span_processor(
            BatchSpanProcessor(exporter, schedule_delay_millis=EXPORT_DELAY_MILLISECONDS)
        )
    _tracer, _records = provider.get_tracer(TRACER), bool(settings.traces)
    return provider


def tracer() -> trace.Tracer:
    """Returns the tracer of this process."""
    return _tracer


def start(
    name: str,
    kind: trace.SpanKind,
    attributes: Mapping[str, str],
    parent: Context | None = None,
) -> trace.Span:
    """Returns a new span below `parent`, or below the current one.

    In a trace that is not recorded it is the parent itself: ids travel on, and it costs nothing.
    """
    known = trace.get_current_span(parent).get_span_context()
    if known.is_valid and not known.trace_flags.sampled:
        return trace.NonRecordingSpan(known)
    if not _records:
        return trace.NonRecordingSpan(_unrecorded(known))
    return _tracer.start_span(name, parent, kind, attributes)


def _unrecorded(parent: trace.SpanContext) -> trace.SpanContext:
    """Returns ids in the parent's trace, or in a new one: the SDK's way takes ten times as long."""
    trace_id = parent.trace_id if parent.is_valid else _ids.generate_trace_id()
    return trace.SpanContext(
        trace_id, _ids.generate_span_id(), is_remote=False, trace_state=parent.trace_state
    )


class Current:
    """A block in which a span is the current one; `use_span` does more, for spans that record."""

    __slots__ = ("_context", "_token")

    def __init__(self, span: trace.Span) -> None:
        self._context = trace.set_span_in_context(span)

    def __enter__(self) -> None:
        self._token = attach(self._context)

    def __exit__(self, *_: object) -> None:
        detach(self._token)


def current_trace_id() -> str:
    """Returns the id of the trace under way as 32 hexadecimal digits, or an empty string."""
    span = trace.get_current_span().get_span_context()
    return f"{span.trace_id:032x}" if span.is_valid else ""


def extract(metadata: Iterable[tuple[str, str | bytes]]) -> Context:
    """Returns the trace context that metadata carries (W3C Trace Context)."""
    carrier = {
        key: value
        for key, value in metadata
        if key in (TRACEPARENT, TRACESTATE) and isinstance(value, str)
    }
    return _propagator.extract(carrier, context=Context()) if carrier else Context()


def inject(span: trace.Span) -> tuple[tuple[str, str], ...]:
    """Returns the metadata that carries the context of a span on (W3C Trace Context)."""
    context = span.get_span_context()
    if not context.is_valid:
        return ()
    ids = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
    if not context.trace_state:
        return ((TRACEPARENT, ids),)
    return (TRACEPARENT, ids), (TRACESTATE, context.trace_state.to_header())


def _exporter(service: str, settings: MeshSettings) -> SpanExporter:
    if settings.traces == "file":
        return _file_exporter(settings.data / "traces" / f"{service}.jsonl")
    if settings.traces.startswith(("http://", "https://")):
        return _collector_exporter(settings.traces)
    raise StartupError(f"SELVEDGE_TRACES: `file` or an http:// address, not {settings.traces!r}")


def _file_exporter(path: Path) -> SpanExporter:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        out = path.open("a", buffering=1)
    except OSError as error:
        raise StartupError(
            f"cannot write to {path}: {error.strerror}; set SELVEDGE_DATA"
        ) from error
    return ConsoleSpanExporter(out=out, formatter=_line)


def _collector_exporter(address: str) -> SpanExporter:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        raise StartupError("SELVEDGE_TRACES: a collector needs `pip install selvedge[otlp]`") from (
            error
        )
    exporter: SpanExporter = OTLPSpanExporter(endpoint=f"{address.rstrip('/')}/v1/traces")
    return exporter


def _line(span: ReadableSpan) -> str:
    return json.dumps(json.loads(span.to_json()), separators=(",", ":")) + "\n"
