"""Server-sent events (HTML, 9.2): one `data` event an answer, `event: error` where it ends badly.

An event has the cursor of its answer as `id` (R21), so a browser that reconnects says it in
`Last-Event-ID`; that goes into the request over what the URL says, which is where it began.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from edge.contracts.cursor import Cursor, cursor_of
from edge.contracts.model import Kind, Method
from edge.errors import ErrorContext, problem
from edge.wire import delimited, peek
from mesh.errors import InvalidArgument, MeshError

EVENT_STREAM = b"text/event-stream"
LAST_EVENT_ID = b"last-event-id"
RETRY_SECONDS = 2.0
"""When a browser comes back unless the error says another time."""
_ENDS_A_LINE = (b"\n", b"\r", b"\0")


@dataclass(frozen=True, slots=True)
class Resumption:
    """How the streams of one method are resumed."""

    cursor: Cursor

    def complete(self, request: bytes, headers: Mapping[bytes, bytes]) -> bytes:
        """Returns the request with the cursor that the client reached, if it says one.

        Raises:
            InvalidArgument: that is no id of ours.
        """
        event_id = headers.get(LAST_EVENT_ID)
        if not event_id:
            return request
        return request + delimited((self.cursor.request_field.number,), self._read(event_id))

    def event_id(self, message: bytes) -> bytes:
        """Returns the id of an answer; empty where it has none, or one that no line can hold."""
        try:
            found = peek(self.cursor.answer_field.number)(message)
        except DecodeError:  # the codec says it better
            return b""
        if self.cursor.answer_field.kind is Kind.BYTES:
            return base64.b64encode(found)
        return b"" if any(end in found for end in _ENDS_A_LINE) else found

    def _read(self, event_id: bytes) -> bytes:
        try:
            if self.cursor.request_field.kind is Kind.BYTES:
                return base64.b64decode(event_id, validate=True)
            return event_id.decode("utf-8").encode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise InvalidArgument("Last-Event-ID is no id of this stream") from error


def resumption_of(method: Method) -> Resumption | None:
    """Returns how a method's streams are resumed; None where they begin anew each time."""
    cursor = cursor_of(method)
    return Resumption(cursor) if cursor else None


@dataclass(frozen=True, slots=True)
class Events:
    """Frames of events. `write` turns a message into JSON, which is one line."""

    write: Callable[[bytes], bytes]
    resumption: Resumption | None = None
    content_type: bytes = EVENT_STREAM
    opening: bytes = b"retry: %d\n\n" % (RETRY_SECONDS * 1000)
    heartbeat: bytes = b":\n\n"

    def event(self, message: bytes) -> bytes:
        """Returns one answer as an event."""
        event_id = self.resumption.event_id(message) if self.resumption else b""
        head = b"id: %b\n" % event_id if event_id else b""
        return b"%bdata: %b\n\n" % (head, self.write(message))

    def error(self, error: MeshError, context: ErrorContext) -> bytes:
        """Returns an error as an event, with the time after which to come back if it says one."""
        _, _, body = problem(error, context)
        wait = error.retry_after_seconds
        head = b"" if wait is None else b"retry: %d\n" % (wait * 1000)
        return b"%bevent: error\ndata: %b\n\n" % (head, body)
