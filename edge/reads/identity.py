"""Who asks, as far as an owner of data can tell."""

from mesh.metadata import REQUEST_ID, ROUTING, TRACEPARENT, TRACESTATE

Metadata = tuple[tuple[str, str], ...]

# Two callers may differ in these and be the same to an owner; routing repeats the request.
_NO_IDENTITY = frozenset({ROUTING, REQUEST_ID, TRACEPARENT, TRACESTATE})


def identity(metadata: Metadata) -> Metadata:
    """Returns the metadata by which an owner may tell callers apart."""
    return tuple([pair for pair in metadata if pair[0] not in _NO_IDENTITY])
