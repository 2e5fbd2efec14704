"""Newline-delimited JSON: `{"result": …}` a line, `{"error": …}` the last where it ends badly."""

from collections.abc import Callable
from dataclasses import dataclass

from edge.errors import ErrorContext, problem
from mesh.errors import MeshError

NDJSON = b"application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Lines:
    """Frames of lines. `write` turns a message into JSON."""

    write: Callable[[bytes], bytes]
    content_type: bytes = NDJSON
    opening: bytes = b""
    heartbeat: bytes = b""

    def event(self, message: bytes) -> bytes:
        """Returns one answer as a line."""
        return b'{"result":%b}\n' % self.write(message)

    def error(self, error: MeshError, context: ErrorContext) -> bytes:
        """Returns an error as a line; AIP-193 bodies say `error` themselves."""
        _, _, body = problem(error, context)
        return body + b"\n" if context.google else b'{"error":%b}\n' % body
