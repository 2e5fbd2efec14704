"""google.api.HttpBody out: whole, a range of it (RFC 9110, 14), or a stream of any length."""

import hashlib
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.message import DecodeError
from starlette.types import Send

from edge.answer import answer
from edge.errors import NO_STORE, Headers, RangeNotSatisfiable
from mesh.errors import Internal, MeshError

log = logging.getLogger(__name__)

RANGE, IF_RANGE = b"range", b"if-range"
OCTETS = b"application/octet-stream"
NOSNIFF = (b"x-content-type-options", b"nosniff")
_ONE_RANGE = re.compile(rb"\s*bytes\s*=\s*([0-9]{0,19})\s*-\s*([0-9]{0,19})\s*", re.IGNORECASE)
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class Part:
    """What of a body is sent, and the status and headers that say so."""

    status: int
    headers: Headers
    body: bytes


def http_body(message: bytes) -> HttpBody:
    """Returns a serialized google.api.HttpBody whose type a header can hold.

    Raises:
        Internal: it is none, or its content type would write headers of its own.
    """
    try:
        body = HttpBody.FromString(message)
    except DecodeError as error:
        raise Internal("an upstream answered what is no google.api.HttpBody") from error
    # A line break in it would let whoever uploaded the body write headers of ours.
    if not (body.content_type.isascii() and body.content_type.isprintable()):
        raise Internal("an upstream answered a content type that no header can hold")
    return body


def body_tag(data: bytes) -> bytes:
    """Returns a strong entity tag of a body: a digest of it (RFC 9110, 8.8.3)."""
    digest = hashlib.blake2b(data, digest_size=_TAG_BYTES, usedforsecurity=False)
    return b'"%s"' % digest.hexdigest().encode()


def part_of(body: bytes, tag: bytes, headers: Mapping[bytes, bytes]) -> Part:
    """Returns the part of a body that a GET or HEAD asks for.

    One range is served. Of several, and of one whose If-Range is not this very body, all is sent,
    as the RFC allows (14.2), so that no small request makes many parts.

    Raises:
        RangeNotSatisfiable: the range begins behind the body.
    """
    found = _ONE_RANGE.fullmatch(headers.get(RANGE, b""))
    whole = Part(200, [(b"accept-ranges", b"bytes")], body)
    if found is None or headers.get(IF_RANGE, tag) != tag:
        return whole
    span = _span(found[1], found[2], len(body))
    if span is None:
        return whole
    if not span:
        raise RangeNotSatisfiable(len(body))
    told = b"bytes %d-%d/%d" % (span.start, span.stop - 1, len(body))
    return Part(206, [*whole.headers, (b"content-range", told)], body[span.start : span.stop])


def _span(first: bytes, last: bytes, length: int) -> range | None:
    """The bytes that a range names: empty where there are none, None where it is no range."""
    if not first:
        return range(max(0, length - int(last)), length) if last else None
    start = int(first)
    if last and int(last) < start:
        return None
    return range(start, min(length, int(last) + 1 if last else length))


async def send_body(
    send: Send, body: HttpBody, tag: bytes, headers: Headers, asked: Mapping[bytes, bytes]
) -> None:
    """Sends the part of a body that the headers of a request ask for.

    Raises:
        RangeNotSatisfiable: as `part_of`; nothing was sent.
    """
    part = part_of(body.data, tag, asked)
    kind = (b"content-type", body.content_type.encode() or OCTETS)
    await answer(send, part.status, [kind, NOSNIFF, *headers, *part.headers], part.body)


async def send_download(
    send: Send, answers: AsyncIterator[bytes], read: Callable[[bytes], HttpBody], *, head: bool
) -> None:
    """Sends the bodies of a stream as one, each once the client took the one before.

    The type is the first one's. Without its end, which an error
    on the way leaves out, a client knows the body for cut short.

    Raises:
        MeshError: the stream failed before its first answer; nothing was sent.
    """
    try:
        first = read(await anext(answers, b""))
        kind = first.content_type.encode() or OCTETS
        headers = [(b"content-type", kind), (b"accept-ranges", b"none"), NOSNIFF, NO_STORE]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if head or await _send_bodies(send, first.data, answers, read):
            await send({"type": "http.response.body", "body": b""})
    finally:
        if isinstance(answers, AsyncGenerator):
            await answers.aclose()


async def _send_bodies(
    send: Send, data: bytes, answers: AsyncIterator[bytes], read: Callable[[bytes], HttpBody]
) -> bool:
    """Sends all bodies; False where they end early."""
    try:
        await _send(send, data)
        async for message in answers:
            await _send(send, read(message).data)
    except MeshError as error:
        log.warning("a download ended early: %s: %s", error.code.name, error.message)
        return False
    return True


async def _send(send: Send, data: bytes) -> None:
    if data:
        await send({"type": "http.response.body", "body": data, "more_body": True})
