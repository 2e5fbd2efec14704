"""The one way inward: method + bytes + request context → bytes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from edge.contracts.model import Method
from mesh.deadline import Deadline


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What of an HTTP request travels inward with every call that it causes.

    `metadata` holds the forwarded headers (R24) in lower case. `deadline` bounds all calls
    together; each method's own deadline bounds it further.
    """

    request_id: str
    deadline: Deadline
    metadata: tuple[tuple[str, str], ...] = field(default=())


class Caller(Protocol):
    """Calls methods of upstreams with serialized messages."""

    def serves(self, service: str) -> bool:
        """Says whether an upstream was named for the service (its full name)."""
        ...

    async def unary(self, method: Method, request: bytes, context: RequestContext) -> bytes:
        """Returns the answer to one request.

        Raises:
            MeshError: what the upstream answered, or Unavailable or DeadlineExceeded.
        """
        ...

    def stream(
        self, method: Method, request: bytes, context: RequestContext
    ) -> AsyncIterator[bytes]:
        """Yields the answers of a server-streaming method to one request.

        Raises:
            MeshError: as `unary`, before or between answers.
        """
        ...
