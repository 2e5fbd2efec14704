"""The edge's `Caller` over the mesh: which upstream serves a contract, and bytes to it and back."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from edge.call import RequestContext
from edge.contracts.model import ContractError, Contracts, Method
from mesh.channel import RETRY_AFTER_SECONDS, MeshChannel, StreamMethod, UnaryMethod, Upstream
from mesh.discovery import Endpoint, Resolver, StaticResolver
from mesh.errors import Unavailable
from mesh.metadata import REQUEST_ID, Metadata


@dataclass(frozen=True, slots=True)
class Target:
    """Where a contract is served: fixed endpoints, or a service of the mesh by name."""

    name: str
    endpoint: Endpoint | None

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Reads `host:port` (plain-text HTTP/2), `https://host:port` (TLS), or a mesh name.

        Raises:
            ContractError: the text is none of these.
        """
        tls = text.startswith("https://")
        address = text.removeprefix("https://").removeprefix("http://").rstrip("/")
        host, colon, port = address.rpartition(":")
        if not colon and address and not tls:
            return cls(address, None)
        if not host or not port.isdigit():
            raise ContractError(f"an upstream is host:port, https://host:port or a name: {text!r}")
        return cls(text, Endpoint(address, tls))


def parse_upstreams(pairs: list[str], contracts: Contracts) -> dict[str, Target]:
    """Returns the target of each contract from `pkg.Service=target` words.

    Raises:
        ContractError: a word cannot be read, or names a service that the contracts lack.
    """
    targets = {}
    for pair in pairs:
        service, equals, target = pair.partition("=")
        if not equals:
            raise ContractError(f"write an upstream as pkg.Service=host:port, not {pair!r}")
        if service not in contracts.services:
            known = ", ".join(contracts.services) or "none"
            raise ContractError(f"no service {service} in the contracts (there are: {known})")
        targets[service] = Target.parse(target)
    return targets


class MeshCaller:
    """Calls upstreams through the outbound list of the mesh."""

    def __init__(
        self, targets: Mapping[str, Target], resolver: Resolver, *, message_bytes_max: int
    ) -> None:
        self._upstreams: dict[str, Upstream] = {}
        for target in set(targets.values()):
            where = (
                StaticResolver({target.name: (target.endpoint,)}) if target.endpoint else resolver
            )
            self._upstreams[target.name] = Upstream(
                target.name, where, message_bytes_max=message_bytes_max
            )
        self._channels = {
            service: MeshChannel(self._upstreams[target.name])
            for service, target in targets.items()
        }
        self._draining = asyncio.Event()
        self._single: dict[Method, UnaryMethod] = {}
        self._stream: dict[Method, StreamMethod] = {}

    def serves(self, service: str) -> bool:
        """Says whether an upstream was named for the service."""
        return service in self._channels

    def unary(
        self, method: Method, request: bytes, context: RequestContext
    ) -> Coroutine[Any, Any, bytes]:
        """Returns the answer to one request, as `Caller` says."""
        return self._once(method, request, context)

    async def stream(
        self, method: Method, request: bytes, context: RequestContext
    ) -> AsyncIterator[bytes]:
        """Yields the answers to one request, as `Caller` says."""
        call = self._stream.get(method)
        if call is None:
            call = self._stream[method] = self._channel(method).unary_stream(method.path)
        answers = call(request, timeout=_timeout(method, context), metadata=_metadata(context))
        async with aclosing(answers):
            while (answer := await self._next(answers)) is not None:
                yield answer

    def client_stream(
        self, method: Method, requests: AsyncIterator[bytes], context: RequestContext
    ) -> Coroutine[Any, Any, bytes]:
        """Returns the answer to a stream of requests, as `Caller` says."""
        return self._once(method, requests, context)

    async def _once(
        self, method: Method, sent: bytes | AsyncIterator[bytes], context: RequestContext
    ) -> bytes:
        """Returns the one answer of a method, and notes its time."""
        call = self._single.get(method)
        if call is None:
            channel = self._channel(method)
            streams = method.facts.client_streaming
            make = channel.stream_unary if streams else channel.unary_unary
            call = self._single[method] = make(method.path)
        began = time.monotonic()
        try:
            answer: bytes = await call(
                sent, timeout=_timeout(method, context), metadata=_metadata(context)
            )
            return answer
        finally:
            context.notes.upstream_seconds += time.monotonic() - began

    async def pause(self, seconds: float) -> None:
        """Waits, as `Caller` says."""
        try:
            await asyncio.wait_for(self._draining.wait(), seconds)
        except TimeoutError:
            return
        raise _ending()

    def drain(self) -> None:
        """Ends every stream: an edge that ends cannot wait for what has no end."""
        self._draining.set()

    async def _next(self, answers: AsyncGenerator[bytes, None]) -> bytes | None:
        """Returns the next answer, None after the last; raises Unavailable once we drain."""
        coming = asyncio.ensure_future(anext(answers, None))
        draining = asyncio.ensure_future(self._draining.wait())
        try:
            await asyncio.wait((coming, draining), return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                raise _ending()
            return coming.result()
        finally:
            draining.cancel()
            if not coming.done():
                coming.cancel()
                await asyncio.wait((coming,))

    async def close(self) -> None:
        """Closes every channel."""
        for upstream in self._upstreams.values():
            await upstream.close()

    def _channel(self, method: Method) -> MeshChannel:
        service = method.served_by or method.service
        channel = self._channels.get(service)
        if channel is None:
            raise Unavailable(f"no upstream serves {service}", reason="NO_UPSTREAM")
        return channel


def _ending() -> Unavailable:
    return Unavailable(
        "the edge ends; ask again", reason="DRAINING", retry_after_seconds=RETRY_AFTER_SECONDS
    )


def _timeout(method: Method, context: RequestContext) -> float:
    return min(method.facts.deadline_seconds, context.deadline.remaining())


def _metadata(context: RequestContext) -> Metadata:
    return (*context.metadata, (REQUEST_ID, context.request_id))
