"""The edge's end of a connection: which requests are read at all (RFC 9112).

uvicorn's protocol over httptools, whose parser refuses far more than h11 does. What it lets pass
and servers in front of us may read differently is refused here; every refusal is a problem (R14),
ends the connection, and is the only answer to its request.
"""

import asyncio
import logging
import re
from typing import Any

import httptools
from opentelemetry.trace import SpanKind
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from edge.config import EdgeSettings
from edge.errors import CLOSE, ErrorContext, HeadersTooLarge, TargetTooLong, problem
from edge.one_write import OneWrite
from mesh.errors import InvalidArgument, MeshError
from mesh.telemetry import tracing

log = logging.getLogger(__name__)

READ_BYTES_MAX = 16 * 2**10
BUFFERED_BYTES_MAX = 16 * 2**10
"""How much of a body waits for whoever takes it before reading pauses, but for the last read."""
UNREAD_BYTES_MAX = 16 * 2**10
"""How much of a body is read past its answer, but for the last read."""
LINGER_SECONDS = 1.0
"""How long a client may read its answer before what it still sends makes its system drop that."""
CHUNKED = b"chunked"
WATCHED = frozenset({b"host", b"transfer-encoding", b"expect"})
# RFC 3986, 3.2.2, without user information; enough to tell a host from anything else.
_HOST = re.compile(
    rb"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})+)(?::[0-9]*)?"
)


def http_protocol(settings: EdgeSettings) -> type[asyncio.Protocol]:
    """Returns the protocol for uvicorn's `http`, bounded as the settings say."""

    class Bounded(HttpProtocol):
        target_bytes_max = settings.target_bytes_max
        head_bytes_max = settings.header_bytes_max + settings.target_bytes_max
        google = settings.rest_errors == "google"

    class Listener(SmallReads):
        def __init__(self, **given: Any) -> None:
            inner = Bounded(**given)
            super().__init__(inner)
            self.connection_made = lambda transport: inner.connection_made(OneWrite(transport))  # type: ignore[method-assign,arg-type]  # a transport but by name

    return Listener  # type: ignore[return-value]  # uvicorn says Protocol, and needs any


class SmallReads(asyncio.BufferedProtocol):
    """Reads for another protocol: never more at once than a bound on bodies can afford.

    All connections share one buffer: what is read is handed on, copied, before anything else is.
    """

    _buffer = memoryview(bytearray(READ_BYTES_MAX))

    def __init__(self, inner: asyncio.Protocol) -> None:
        self._inner = inner
        self.connection_made = inner.connection_made  # type: ignore[method-assign]  # as it is
        self.connection_lost = inner.connection_lost  # type: ignore[method-assign]
        self.pause_writing = inner.pause_writing  # type: ignore[method-assign]
        self.resume_writing = inner.resume_writing  # type: ignore[method-assign]
        self.eof_received = inner.eof_received  # type: ignore[method-assign]
        self._receive = inner.data_received

    def get_buffer(self, sizehint: int) -> memoryview:
        """Returns where to read to."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Hands on what was read."""
        self._receive(bytes(self._buffer[:nbytes]))


class HttpProtocol(HttpToolsProtocol):
    """One connection. Requests on it are answered one after the other, in their order."""

    target_bytes_max = 0
    head_bytes_max = 0
    google = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url = b""
        self._refused = False
        self._in_head = False
        self._hosts = 0
        self._host: bytes | None = None  # of the last request: most connections have one
        self._idle_bytes = 0  # since a head ended or a piece of a body came
        self._unread_bytes = 0  # of a body that is answered already

    def data_received(self, data: bytes) -> None:
        """Parses what came; refuses what is no request."""
        if self._refused:
            return
        self._unset_keepalive_if_required()
        self._idle_bytes += len(data)
        try:
            self.parser.feed_data(data)
            if self._idle_bytes > self.head_bytes_max:
                raise self._too_long()
        except httptools.HttpParserUpgrade:
            self._upgrade()
        except (httptools.HttpParserError, MeshError) as error:
            self._refuse(_reason(error))

    def on_message_begin(self) -> None:
        """Begins a request."""
        self._in_head, self._hosts, self._unread_bytes = True, 0, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keeps a header field; drops trailers, which nobody here asks for."""
        if not self._in_head:
            return
        name = name.lower()
        if name in WATCHED:
            self._watch(name, value)
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Checks the head, then hands the request on."""
        self._idle_bytes, self._in_head = 0, False
        self._check_head()
        super().on_headers_complete()
        if self.cycle is None:
            return  # it becomes a WebSocket
        if self.expect_100_continue or self.parser.should_upgrade():
            self.cycle.keep_alive = False  # what follows may be a body that nobody waits for

    def on_body(self, body: bytes) -> None:
        """Hands a piece of a body on; gives up on a client that goes on after its answer."""
        self._idle_bytes = 0
        if self.cycle is not None and self.cycle.response_complete:
            self._unread_bytes += len(body)
            if self._unread_bytes > UNREAD_BYTES_MAX:
                self._end()
            return
        super().on_body(body)
        if self.cycle is not None and len(self.cycle.body) > BUFFERED_BYTES_MAX:
            self.flow.pause_reading()

    def _watch(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            if self._hosts or not (value == self._host or _HOST.fullmatch(value)):
                raise InvalidArgument("a request has one Host, which names a host")
            self._hosts, self._host = 1, value
        elif name == b"transfer-encoding":
            if value.lower() != CHUNKED or self.parser.get_http_version() != "1.1":
                raise InvalidArgument("the Transfer-Encoding may be chunked, in HTTP/1.1")
        elif value.lower() == b"100-continue":
            self.expect_100_continue = True

    def _check_head(self) -> None:
        version = self.parser.get_http_version()
        if version != "1.1" and version != "1.0":
            raise InvalidArgument(f"HTTP/{version} is not spoken here")
        if not self._hosts and version == "1.1":
            raise InvalidArgument("a request has one Host")
        if b"#" in self.url or self.parser.get_method() == b"CONNECT":
            raise InvalidArgument("the target of the request is none of this server's")

    def _upgrade(self) -> None:
        if self._should_upgrade():
            self.handle_websocket_upgrade()

    def _too_long(self) -> MeshError:
        if self._in_head and len(self.url) > self.target_bytes_max:
            return TargetTooLong(f"path and query may have {self.target_bytes_max} bytes")
        return HeadersTooLarge(f"the head of the request may have {self.head_bytes_max} bytes")

    def _refuse(self, error: MeshError) -> None:
        """Ends the connection: after the answers that are due, where what follows them is wrong.

        A wrong body ends its own request, whose answer this is, unless that has begun.
        """
        self._refused = True
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._answer(error)
        elif not cycle.more_body:
            cycle.keep_alive = False
        else:
            started = cycle.response_started
            cycle.disconnected = True
            cycle.message_event.set()
            if started or self.pipeline:
                self.transport.close()
            else:
                self._answer(error)

    def _answer(self, error: MeshError) -> None:
        span = tracing.start("refused", SpanKind.SERVER, {})
        trace_id = f"{span.get_span_context().trace_id:032x}"
        span.end()
        log.debug("refused: %s", error.message, extra={"trace_id": trace_id})
        path = self.url.partition(b"?")[0].decode("latin-1")
        status, headers, body = problem(error, ErrorContext(path, trace_id, self.google))
        headers = [*self.server_state.default_headers, *headers]
        lines = [b"%s: %s\r\n" % header for header in headers if header != CLOSE]
        lines.append(b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body))
        self.transport.write(b"".join([STATUS_LINE[status], *lines, body]))
        self._end()

    def _end(self) -> None:
        """Reads and says no more; closed at once, bytes not yet read would reset the connection."""
        self._refused = True
        if self.transport.is_closing():
            return
        self.transport.write_eof()
        self.transport.pause_reading()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)


def _reason(error: Exception) -> MeshError:
    """What a client is told: our own words, or that the parser could make nothing of it."""
    cause = error.__context__ if isinstance(error, httptools.HttpParserCallbackError) else error
    if isinstance(cause, MeshError):
        return cause
    return InvalidArgument("this is no HTTP/1.1 request")
