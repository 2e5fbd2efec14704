"""A text or file that the edge itself has, served with a tag by which clients keep it."""

from collections.abc import Callable, Mapping
from functools import cached_property
from hashlib import blake2b

from starlette.types import Receive, Scope, Send

from edge.answer import answer
from edge.errors import MethodNotAllowed
from edge.etag import match_weakly

REVALIDATE = {"cache-control": "no-cache"}
"""May be kept, but is asked for again each time: 304 where it did not change."""
TAG_BYTES = 12


class Document:
    """An ASGI application that answers GET and HEAD with the same bytes, made at first use.

    Raises:
        MethodNotAllowed: for any other HTTP method.
    """

    def __init__(
        self,
        make: Callable[[], bytes],
        media_type: str,
        headers: Mapping[str, str] = REVALIDATE,
    ) -> None:
        self._make = make
        self._media_type = media_type
        self._kept = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._kept.append((b"vary", b"Accept-Encoding"))  # a 304 says it too (RFC 9110, 15.4.5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; 304 where the client has the document (RFC 9110, 13.1.2)."""
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed(scope["method"], ("GET", "HEAD"))
        asked = b", ".join(value for name, value in scope["headers"] if name == b"if-none-match")
        if same := asked and match_weakly(asked, self._tag):
            await answer(send, 304, [(b"etag", same), *self._kept], b"")
        else:
            about = [(b"content-type", self._media_type.encode()), (b"etag", self._tag)]
            await answer(send, 200, [*about, *self._kept], self._body)

    @cached_property
    def _body(self) -> bytes:
        return self._make()

    @cached_property
    def _tag(self) -> bytes:
        return b'"%s"' % blake2b(self._body, digest_size=TAG_BYTES).hexdigest().encode()
