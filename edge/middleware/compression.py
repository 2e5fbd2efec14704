"""Answers of some size leave in the coding that the client likes best: br, else gzip.

Both at their lowest quality: 4 to 5 µs a kilobyte for brotli, 6 to 8 for gzip, and JSON shrinks to
a quarter; higher ones cost up to three times as much for another tenth of it. Streams are left as
they are, since each event must go out at once, and so is what is coded already, partial, or of a
type that does not shrink.
"""

import asyncio
import re
import zlib

import brotli
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.errors import Headers
from edge.etag import coded
from edge.negotiation import content_coding

CODINGS = (b"br", b"gzip")
BODY_BYTES_MIN = 1024
THREAD_BYTES_MIN = 128 * 1024
"""From here a body is compressed in a thread, which costs 0.4 ms itself: it would hold all other
requests for as long and more."""
BROTLI_QUALITY = 1
GZIP_LEVEL = 1
GZIP_WINDOW = 31
"""zlib's number for its largest window within a gzip header."""
_SHRINKS = re.compile(
    rb"(?:text/(?!event-stream).*|application/(?:.*[+/.-])?(?:json|javascript|xml|yaml).*"
    rb"|image/svg\+xml.*)",
    re.IGNORECASE,
)
_KEPT = frozenset({b"content-encoding", b"content-range"})


class CompressionMiddleware:
    """Compresses whole answers (RFC 9110, 8.4); each coding has an entity tag of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        coding = _coding(scope) if scope["type"] == "http" else None
        await self.app(scope, receive, send if coding is None else _Compressed(send, coding))


class _Compressed:
    """A `send` that holds the start of an answer back until it knows its body."""

    def __init__(self, send: Send, coding: bytes) -> None:
        self._send = send
        self._coding = coding
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _may_shrink(message["headers"]):
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            body = message.get("body", b"")
            if len(body) >= BODY_BYTES_MIN and not message.get("more_body", False):
                body = await _compressed(body, self._coding)
                start = {**start, "headers": _headers(start["headers"], self._coding, len(body))}
                message = {**message, "body": body}
            await self._send(start)
        await self._send(message)


def _coding(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            return content_coding(value, CODINGS)
    return None


def _may_shrink(headers: Headers) -> bool:
    kind = b""
    for name, value in headers:
        if name in _KEPT or (name == b"cache-control" and b"no-transform" in value):
            return False
        if name == b"content-type":
            kind = value
    return _SHRINKS.fullmatch(kind) is not None


async def _compressed(body: bytes, coding: bytes) -> bytes:
    if len(body) < THREAD_BYTES_MIN:
        return _compress(body, coding)
    return await asyncio.to_thread(_compress, body, coding)


def _compress(body: bytes, coding: bytes) -> bytes:
    if coding == b"br":
        return bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY))
    gzip = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_WINDOW)
    return gzip.compress(body) + gzip.flush()


def _headers(headers: Headers, coding: bytes, length: int) -> Headers:
    told = [(b"content-encoding", coding), (b"content-length", b"%d" % length)]
    varies = False
    for name, value in headers:
        if name == b"etag" and not value.startswith(b"W/"):
            value = coded(value, coding)
        varies = varies or (name == b"vary" and b"accept-encoding" in value.lower())
        if name != b"content-length":
            told.append((name, value))
    return told if varies else [*told, (b"vary", b"Accept-Encoding")]
