"""`Link` of a page: the same request with another page token (RFC 8288, AIP-158)."""

from dataclasses import dataclass
from urllib.parse import quote

from google.protobuf.message import DecodeError

from edge.rest.router import Binding
from edge.wire import Peek, peek

PAGE_TOKEN, NEXT_PAGE_TOKEN = "page_token", "next_page_token"
LINK_BYTES_MAX = 4096
"""A token that makes a longer link is left to the body: clients bound header sections."""
_NAMES = (b"page_token", b"pageToken")
_SAFE = "%!$&'()*+=:@/?-._~"
"""All that a query may hold but the commas and semicolons at which simple readers split links."""


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Writes the links of one binding's pages."""

    next_token: Peek

    def header(self, answer: bytes, query: bytes) -> bytes:
        """Returns the links, relative to the request's own path; empty on the last first page."""
        try:
            token = self.next_token(answer)
        except DecodeError:  # the codec says it better
            return b""
        if not (token or b"oken=" in query):
            return b""
        pairs = query.split(b"&")
        rest = [pair for pair in pairs if pair.partition(b"=")[0] not in _NAMES]
        same = quote(b"&".join(rest), safe=_SAFE).encode()
        links = []
        if token:
            links.append(_link(same, quote(token, safe="").encode(), b"next"))
        if len(rest) < len(pairs):
            links.append(_link(same, b"", b"first"))
        link = b", ".join(links)
        return link if len(link) <= LINK_BYTES_MAX else b""


def _link(query: bytes, token: bytes, relation: bytes) -> bytes:
    """An empty token is the first page (AIP-158); many would read a bare `?` as no change."""
    return b'<?%b%bpage_token=%b>; rel="%b"' % (query, b"&" if query else b"", token, relation)


def page_links_of(binding: Binding) -> PageLinks | None:
    """Returns how a binding links its pages; None where it has none."""
    method = binding.method
    asked = method.input.string_called(PAGE_TOKEN)
    following = method.output.string_called(NEXT_PAGE_TOKEN)
    if binding.rule.verb != "GET" or not (method.unary and asked and following):
        return None
    return PageLinks(peek(following.number))
