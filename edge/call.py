"""The one way inward: method + bytes + request context → bytes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from edge.contracts.model import Method
from mesh.deadline import Deadline


@dataclass(slots=True)
class Notes:
    """What the calls of one request leave behind for the answer's headers; times in seconds.

    `max_age_seconds` is how long the answer may be kept: the least that the policy of any method
    called says, None while there was no call. `age_seconds` is the age of the oldest answer used,
    0 where none came from a cache; what a client may still keep is the difference. `shared` is
    false once an answer was one identity's alone, `stale` true once one was used past its time
    because its owner did not answer. `upstream_seconds` is the time spent in calls, added up.
    """

    max_age_seconds: float | None = None
    age_seconds: float = 0.0
    shared: bool = True
    stale: bool = False
    upstream_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What of an HTTP request travels inward with every call that it causes.

    `metadata` holds the forwarded headers (R24) in lower case. `deadline` bounds all calls
    together; each method's own deadline bounds it further. `no_cache` asks for answers that no
    cache gave (RFC 9111). `notes` is what comes back.
    """

    request_id: str
    deadline: Deadline
    metadata: tuple[tuple[str, str], ...] = field(default=())
    no_cache: bool = False
    notes: Notes = field(default_factory=Notes, compare=False)


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

    async def client_stream(
        self, method: Method, requests: AsyncIterator[bytes], context: RequestContext
    ) -> bytes:
        """Returns the answer of a client-streaming method; takes requests as they can be sent.

        Raises:
            MeshError: as `unary`.
            Exception: whatever `requests` raised; the call is cancelled then.
        """
        ...

    async def pause(self, seconds: float) -> None:
        """Waits between calls of a request that goes on by itself.

        Raises:
            Unavailable: the edge ends, and what would go on with it.
        """
        ...
