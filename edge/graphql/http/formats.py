"""The formats of answers, and which of them a client takes (GraphQL over HTTP, graphql-sse)."""

from functools import lru_cache
from typing import NamedTuple

from edge.errors import Headers
from edge.negotiation import CACHED_HEADERS_MAX, HEADER_BYTES_MAX, media_type, weight

JSON = b"application/json"
GRAPHQL = b"application/graphql-response+json"
EVENTS = b"text/event-stream"

NOSNIFF = (b"x-content-type-options", b"nosniff")


class Accepted(NamedTuple):
    """What a client takes: the format it likes best, if any is ours, and whether events will do."""

    best: bytes | None
    events: bool


def accepted(accept: bytes) -> Accepted:
    """Returns what an `Accept` header means.

    Events are for those who name them. Of formats liked alike, who names
    `application/graphql-response+json` gets it, others JSON.
    """
    return _accepted(accept[:HEADER_BYTES_MAX])


def headers_of(format_: bytes) -> Headers:
    """Returns the headers that every answer in the format has."""
    return [(b"content-type", format_ + b"; charset=utf-8"), NOSNIFF]


@lru_cache(CACHED_HEADERS_MAX)
def _accepted(accept: bytes) -> Accepted:
    offers = (GRAPHQL, JSON) if weight(accept, GRAPHQL) else (JSON, GRAPHQL)
    best, events = media_type(accept, (*offers, EVENTS)), weight(accept, EVENTS) > 0
    return Accepted(best if best != EVENTS or events else None, events)
