"""What the contract derives around the answers of one binding, and what one request asks of it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from starlette.types import Scope

from edge.call import Notes
from edge.contracts.model import Contracts
from edge.contracts.upload import answers_raw
from edge.errors import Headers, NotAcceptable
from edge.negotiation import media_type, weight
from edge.rest.conditions import IF_MATCH, IF_NONE_MATCH, Conditions, conditions_of
from edge.rest.download import IF_RANGE, RANGE
from edge.rest.expand import Expand, Expansion
from edge.rest.freshness import AUTHORIZATION, CACHE_CONTROL, Freshness, freshness_of
from edge.rest.links import PageLinks, page_links_of
from edge.rest.ndjson import NDJSON, Lines
from edge.rest.partial import Partial, Selection, partial_of
from edge.rest.request_ids import HEADER as IDEMPOTENCY_KEY
from edge.rest.request_ids import RequestIds, request_ids_of
from edge.rest.router import Binding
from edge.rest.sse import EVENT_STREAM, LAST_EVENT_ID, Events, Resumption, resumption_of
from edge.rest.stream import Frames
from edge.rest.transcode import JSON

ACCEPT = b"accept"
_READ = frozenset(
    {
        ACCEPT, AUTHORIZATION, CACHE_CONTROL, IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH,
        LAST_EVENT_ID, RANGE, IF_RANGE,
    }
)  # fmt: skip
_NO_CACHE = re.compile(rb"\bno-cache\b|\bmax-age=0+\b", re.IGNORECASE)
_LINES_FIRST, _EVENTS_FIRST = (NDJSON, JSON, EVENT_STREAM), (EVENT_STREAM, NDJSON, JSON)


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request asks besides its message.

    `headers` are those that matter here, several of one name joined (RFC 9110, 5.3); `query` is
    what of the whole query is left for the message; `events` asks a stream for events rather than
    lines.
    """

    headers: dict[bytes, bytes]
    whole_query: bytes
    query: bytes
    selection: Selection | None = None
    expansion: Expansion | None = None
    events: bool = False

    @property
    def no_cache(self) -> bool:
        """True where the client wants no answer from a cache (RFC 9111, 5.2.1)."""
        told = self.headers.get(CACHE_CONTROL)
        return told is not None and _NO_CACHE.search(told) is not None


@dataclass(frozen=True, slots=True)
class Around:
    """What goes around the request and the answer of one binding."""

    conditions: Conditions
    request_ids: RequestIds
    partial: Partial | None
    expand: Expand | None
    links: PageLinks | None
    freshness: Freshness
    resumption: Resumption | None
    offers: tuple[bytes, ...] = field(default=(JSON,))

    def read(self, scope: Scope) -> Asked:
        """Returns what a request asks.

        Raises:
            NotAcceptable: it takes nothing that could be answered.
            InvalidArgument: its `fields` or `expand` lead nowhere.
        """
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in _READ:
                headers[name] = headers[name] + b", " + value if name in headers else value
        events = self._negotiate(headers.get(ACCEPT, b""))
        query = scope["query_string"]
        rest, selection, expansion = query, None, None
        if b"fields=" in query and self.partial is not None:
            rest, selection = self.partial.take(rest)
        if b"expand=" in query and self.expand is not None:
            rest, expansion = self.expand.take(rest)
        return Asked(headers, query, rest, selection, expansion, events)

    def complete(self, request: bytes, asked: Asked) -> bytes:
        """Returns the request with what headers and `fields` add to it.

        Raises:
            InvalidArgument: a header cannot be read, or contradicts the request; `expand` costs
                too much.
        """
        if asked.expansion is not None and self.expand is not None:
            self.expand.check(asked.expansion, request)
        request = self.request_ids.complete(request, asked.headers)
        if asked.selection is not None and asked.expansion is None:  # joins start from any field
            request = asked.selection.complete(request)
        if self.resumption is not None:
            request = self.resumption.complete(request, asked.headers)
        return request

    def headers(self, message: bytes, tag: bytes, asked: Asked, notes: Notes) -> Headers:
        """Returns what the headers of an answer say of it, besides its type."""
        headers = self.freshness.headers(asked.headers, notes)
        if tag:
            headers.append((b"etag", tag))
        if self.links is not None and (link := self.links.header(message, asked.whole_query)):
            headers.append((b"link", link))
        return headers

    def frames(self, asked: Asked, write: Callable[[bytes], bytes]) -> Frames:
        """Returns how the answers of a stream are written."""
        if asked.selection is not None:
            write = _pruning(write, asked.selection)
        return Events(write, self.resumption) if asked.events else Lines(write)

    def _negotiate(self, accept: bytes) -> bool:
        """Says whether a stream is to be one of events."""
        offers = self.offers
        if len(offers) > 1 and weight(accept, EVENT_STREAM):
            offers = _EVENTS_FIRST  # whoever names it wants it, even beside */*
        if not offers or (found := media_type(accept, offers)) == JSON:
            return False
        if found is None:
            told = ", ".join(str(offer, "ascii") for offer in self.offers)
            raise NotAcceptable(f"the answer is {told}")
        return found == EVENT_STREAM


def around(
    binding: Binding, contracts: Contracts, forwarded: Iterable[str], expand: Expand | None
) -> Around:
    """Returns what goes around a binding; `forwarded` are request headers that travel inward."""
    method = binding.method
    offers: tuple[bytes, ...] = (JSON,)
    if answers_raw(method, binding.rule):
        offers = ()  # its owner says its type
    elif method.facts.server_streaming:
        offers = _LINES_FIRST
    return Around(
        conditions_of(binding, contracts),
        request_ids_of(binding),
        partial_of(binding, contracts),
        expand,
        page_links_of(binding),
        freshness_of(binding, forwarded),
        resumption_of(method),
        offers,
    )


def _pruning(write: Callable[[bytes], bytes], selection: Selection) -> Callable[[bytes], bytes]:
    return lambda message: selection.prune(write(message))
