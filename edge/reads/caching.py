"""The `Caller` that keeps answers for as long as their method's policy allows (`cache_max_age`)."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from hashlib import blake2b
from typing import Any

from edge.call import Caller, Notes, RequestContext
from edge.contracts.model import Method
from edge.reads.identity import Metadata, identity
from edge.reads.kept import Kept, Store
from mesh.contracts import MethodFacts
from mesh.errors import DeadlineExceeded, MeshError, Unavailable

KEY_BYTES = 32

_Flight = asyncio.Future["Kept | MeshError | None"]


class CachingCaller:
    """Answers a read from what was answered before, never across callers with different identity.

    Reads of one thing that nobody has kept wait for one call. Errors are not kept. While its owner
    does not answer, an answer may stand in for `stale_if_error` longer than its time. What became
    of a call is said in the notes of its context; `reads` are the paths of methods that read.
    """

    def __init__(
        self,
        caller: Caller,
        store: Store,
        reads: Collection[str],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._caller = caller
        self._store = store
        self._reads = reads
        self._now = now
        self._flights: dict[bytes, _Flight] = {}

    def serves(self, service: str) -> bool:
        """Says whether an upstream was named for the service."""
        return self._caller.serves(service)

    def stream(
        self, method: Method, request: bytes, context: RequestContext
    ) -> AsyncIterator[bytes]:
        """Yields the answers to one request, as `Caller` says."""
        context.notes.max_age_seconds = 0.0
        return self._caller.stream(method, request, context)

    async def client_stream(
        self, method: Method, requests: AsyncIterator[bytes], context: RequestContext
    ) -> bytes:
        """Returns the answer to a stream of requests, as `Caller` says."""
        context.notes.max_age_seconds = 0.0
        return await self._caller.client_stream(method, requests, context)

    async def pause(self, seconds: float) -> None:
        """Waits, as `Caller` says."""
        await self._caller.pause(seconds)

    def unary(
        self, method: Method, request: bytes, context: RequestContext
    ) -> Coroutine[Any, Any, bytes]:
        """Returns the answer to one request, as `Caller` says."""
        if method.facts.cache_max_age_seconds and method.path in self._reads:
            return self._read(method, request, context)
        context.notes.max_age_seconds = 0.0
        return self._caller.unary(method, request, context)

    async def _read(self, method: Method, request: bytes, context: RequestContext) -> bytes:
        facts = method.facts
        asker = identity(context.metadata)
        _note_policy(context.notes, facts, asker)
        key = _key(method, request, asker)
        if context.no_cache:
            return (await self._call(key, method, request, context)).answer
        came = self._now()
        kept = await self._store.get(key)
        if kept is None or self._age(kept) >= facts.cache_max_age_seconds:
            kept = await self._renewed(kept, key, method, request, context)
        if kept.at < came:  # an age says that an answer was not made for this request (RFC 9111)
            context.notes.age_seconds = max(context.notes.age_seconds, self._age(kept))
        return kept.answer

    def _age(self, kept: Kept) -> float:
        """Returns an answer's age in seconds; of another machine's, whose clock may be ahead, 0."""
        return max(0.0, self._now() - kept.at)

    async def _renewed(
        self,
        old: Kept | None,
        key: bytes,
        method: Method,
        request: bytes,
        context: RequestContext,
    ) -> Kept:
        """Returns a new answer, or the old one where the owner does not give one (RFC 5861)."""
        facts = method.facts
        try:
            return await self._shared(key, method, request, context)
        except (Unavailable, DeadlineExceeded):
            bearable = facts.cache_max_age_seconds + facts.stale_if_error_seconds
            if old is None or self._age(old) >= bearable or not facts.stale_if_error_seconds:
                raise
            context.notes.stale = True
            return old

    async def _shared(
        self, key: bytes, method: Method, request: bytes, context: RequestContext
    ) -> Kept:
        """Returns the outcome of the call under way; without one, makes it.

        Whoever makes it may be given up, or have less time than those who wait: then the next
        one of them makes it again.
        """
        while (flight := self._flights.get(key)) is not None:
            outcome = await _within(flight, method, context)
            if isinstance(outcome, MeshError):
                raise outcome
            if outcome is not None:
                return outcome
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        try:
            return await self._call(key, method, request, context, flight)
        except DeadlineExceeded:
            raise
        except MeshError as error:
            flight.set_result(error)
            raise
        finally:
            if not flight.done():
                flight.set_result(None)
            del self._flights[key]

    async def _call(
        self,
        key: bytes,
        method: Method,
        request: bytes,
        context: RequestContext,
        flight: _Flight | None = None,
    ) -> Kept:
        facts, began = method.facts, self._now()
        kept = Kept(await self._caller.unary(method, request, context), began)
        if flight is not None:
            flight.set_result(kept)
        seconds = facts.cache_max_age_seconds + facts.stale_if_error_seconds
        await self._store.put(key, kept, seconds)
        return kept


async def _within(
    flight: _Flight, method: Method, context: RequestContext
) -> Kept | MeshError | None:
    began = time.monotonic()
    try:
        async with asyncio.timeout(context.deadline.remaining()):
            return await asyncio.shield(flight)
    except TimeoutError:
        raise DeadlineExceeded(f"{method.service} did not answer in time") from None
    finally:
        context.notes.upstream_seconds += time.monotonic() - began


def _note_policy(notes: Notes, facts: MethodFacts, asker: Metadata) -> None:
    known = notes.max_age_seconds
    seconds = facts.cache_max_age_seconds
    notes.max_age_seconds = seconds if known is None else min(known, seconds)
    notes.shared = notes.shared and facts.public and not asker


def _key(method: Method, request: bytes, asker: Metadata) -> bytes:
    """Returns a hash of all that an answer depends on: secrets of callers are not kept."""
    digest = blake2b(digest_size=KEY_BYTES)
    for part in (method.served_by, method.path, *(word for pair in asker for word in pair)):
        digest.update(b"%d:" % len(part))
        digest.update(part.encode())
    digest.update(b";")
    digest.update(request)
    return digest.digest()
