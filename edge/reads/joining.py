"""The `Caller` whose reads share calls across requests (R6).

A read that comes alone is the very call that it asks for. Those that come meanwhile join: reads by
key go as one batch, equal reads as one call. Each gets what a call of its own would have answered.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

from edge.call import Caller, RequestContext
from edge.contracts.model import Method
from edge.reads.batches import Batch, Way
from edge.reads.identity import identity
from edge.reads.line import Key, Line, Pace, Read, Settle
from edge.reads.together import Unsupported, send_batch, send_equal

_UNKNOWN, _EQUAL_ALONE = Way(), Way()


class JoiningCaller:
    """Lets reads share calls, never across callers with different identity."""

    def __init__(self, caller: Caller, ways: Mapping[str, Way], pace: Pace) -> None:
        self._caller = caller
        self._by_path = ways
        self._ways: dict[Method, Way | None] = {}
        self._pace = pace
        self._lines: dict[Key, Line] = {}
        self._unsupported = Unsupported()

    def serves(self, service: str) -> bool:
        """Says whether an upstream was named for the service."""
        return self._caller.serves(service)

    def stream(
        self, method: Method, request: bytes, context: RequestContext
    ) -> AsyncIterator[bytes]:
        """Yields the answers to one request, as `Caller` says."""
        return self._caller.stream(method, request, context)

    async def client_stream(
        self, method: Method, requests: AsyncIterator[bytes], context: RequestContext
    ) -> bytes:
        """Returns the answer to a stream of requests, as `Caller` says."""
        return await self._caller.client_stream(method, requests, context)

    async def pause(self, seconds: float) -> None:
        """Waits, as `Caller` says."""
        await self._caller.pause(seconds)

    async def unary(self, method: Method, request: bytes, context: RequestContext) -> bytes:
        """Returns the answer to one request, as `Caller` says."""
        way = self._ways.get(method, _UNKNOWN)
        if way is _UNKNOWN:
            way = self._ways[method] = self._way(method)
        if way is None:
            return await self._caller.unary(method, request, context)
        wanted = way.wanted(request)
        if wanted and way.batch:
            key: Key = (way.batch, wanted.rest, identity(context.metadata))
        else:
            key = (method, request, identity(context.metadata))
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = Line(key, self, self._pace)
        elif line.busy:
            return await line.join(Read(method, request, context, wanted))
        line.begin()
        try:
            return await self._caller.unary(method, request, context)
        finally:
            line.end()

    def _way(self, method: Method) -> Way | None:
        way = self._by_path.get(method.path)
        # A mixin's methods have one path and many owners: no batch is for all of them.
        return _EQUAL_ALONE if way and method.served_by else way

    async def send(self, line: Line, reads: Sequence[Read], settle: Settle) -> None:
        """Makes the calls for a group of reads."""
        batch, rest, metadata = line.key
        if isinstance(batch, Batch):
            await send_batch(self._caller, batch, rest, metadata, self._unsupported, reads, settle)
        else:
            await send_equal(self._caller, reads, settle)

    def ended(self, line: Line) -> None:
        """Forgets a line in which nothing is under way."""
        del self._lines[line.key]
