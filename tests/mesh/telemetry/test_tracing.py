"""What travels on is what the W3C propagator of OpenTelemetry would send; ids are always there."""

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.trace import SpanKind, TraceFlags, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from mesh.telemetry import tracing

contexts = st.builds(
    trace.SpanContext,
    trace_id=st.integers(0, 2**128 - 1),
    span_id=st.integers(0, 2**64 - 1),
    is_remote=st.booleans(),
    trace_flags=st.sampled_from([TraceFlags(0), TraceFlags(1)]),
    trace_state=st.sampled_from([None, TraceState([("one", "1"), ("two", "2")])]),
)


@given(contexts)
def test_metadata_is_what_the_propagator_sends(context):
    span, carrier = trace.NonRecordingSpan(context), {}
    if context.is_valid:
        TraceContextTextMapPropagator().inject(carrier, trace.set_span_in_context(span))
    assert dict(tracing.inject(span)) == carrier


@given(contexts)
def test_without_a_place_for_spans_a_trace_goes_on_unrecorded(context):
    parent = trace.set_span_in_context(trace.NonRecordingSpan(context))
    span = tracing.start("call", SpanKind.SERVER, {}, parent)
    found = span.get_span_context()
    assert found.is_valid and not span.is_recording()
    assert not found.trace_flags.sampled
    if context.is_valid:
        assert (found.trace_id, found.trace_state) == (context.trace_id, context.trace_state)
        assert (found.span_id == context.span_id) == (not context.trace_flags.sampled)
    else:
        assert found.trace_id != context.trace_id
