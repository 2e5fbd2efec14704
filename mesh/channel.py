"""From the name of an upstream and the outbound list to a channel for generated stubs."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

import grpc

from mesh.deadline import Deadline
from mesh.discovery import Endpoint, Resolver
from mesh.errors import Unavailable
from mesh.metadata import Metadata
from mesh.outbound import OutgoingCall, Stream, Unary, stream_list, unary_list
from mesh.outbound.status import RETRY_AFTER_SECONDS as RETRY_AFTER_SECONDS
from mesh.sending import send_all

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05
CLOSE_GRACE_SECONDS = 30.0
DEFAULT_TIMEOUT_SECONDS = 10.0

Serializer = Callable[[Any], bytes] | None
Deserializer = Callable[[bytes], Any] | None

_OPTIONS = (
    ("grpc.service_config", '{"loadBalancingConfig": [{"round_robin": {}}]}'),
    ("grpc.enable_retries", 0),  # retries are ours: with a budget, and of idempotent calls alone
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


class Upstream:
    """The instances of one service, followed as they come and go.

    The grpc channel is built anew when they change; calls under way end on the old one. With
    nobody there a call fails at once with Unavailable: whether to try again is the caller's to say.
    """

    def __init__(self, service: str, resolver: Resolver, *, message_bytes_max: int) -> None:
        self.service = service
        self._resolver = resolver
        self._options = (
            *_OPTIONS,
            ("grpc.max_receive_message_length", message_bytes_max),
            ("grpc.max_send_message_length", message_bytes_max),
        )
        self._endpoints: tuple[Endpoint, ...] = ()
        self._channel: grpc.aio.Channel | None = None
        self._methods: dict[tuple[str, str], Any] = {}
        self._following: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def method(self, kind: str, path: str, write: Serializer, read: Deserializer) -> Any:
        """Returns the grpc method object on the current channel.

        Raises:
            Unavailable: no instance takes calls.
        """
        if self._following is None:
            self._refresh()
            self._following = asyncio.create_task(self._follow())
        found = self._methods.get((kind, path))
        if found is None:
            if self._channel is None:
                raise Unavailable(
                    f"no instance of {self.service} takes calls",
                    reason="NO_ENDPOINT",
                    retry_after_seconds=RETRY_AFTER_SECONDS,
                )
            make = getattr(self._channel, kind)
            found = make(path, request_serializer=write, response_deserializer=read)
            self._methods[kind, path] = found
        return found

    async def close(self) -> None:
        """Ends the following and the channel, whose calls have ended by now."""
        if self._following:
            self._following.cancel()
        for task in self._closing:
            task.cancel()
        if self._channel:
            await self._channel.close()
            self._channel = None

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            self._refresh()

    def _refresh(self) -> None:
        try:
            endpoints = self._resolver.endpoints(self.service)
        except OSError as error:
            log.debug("%s is looked for in vain: %s", self.service, error)
            return
        if endpoints == self._endpoints:
            return
        old = self._channel
        self._endpoints = endpoints
        self._methods = {}
        self._channel = _open(endpoints, self._options) if endpoints else None
        log.debug("%s is at %s", self.service, [e.address for e in endpoints] or "no address")
        if old:
            closing = asyncio.create_task(old.close(CLOSE_GRACE_SECONDS))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)


def _open(endpoints: tuple[Endpoint, ...], options: Any) -> grpc.aio.Channel:
    target = _target(endpoints)
    if endpoints[0].tls:
        return grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(), options=options)
    return grpc.aio.insecure_channel(target, options=options)


def _target(endpoints: tuple[Endpoint, ...]) -> str:
    """Returns a grpc target: a list of addresses where they are numeric, else one name."""
    hosts = [endpoint.address.rpartition(":")[0] for endpoint in endpoints]
    if all(host.replace(".", "").isdigit() for host in hosts):
        return "ipv4:" + ",".join(endpoint.address for endpoint in endpoints)
    return f"dns:///{endpoints[0].address}"


class _Method:
    def __init__(
        self, upstream: Upstream, kind: str, path: str, write: Serializer, read: Deserializer
    ) -> None:
        self._upstream = upstream
        self._kind = kind
        self._path = path
        self._write = write
        self._read = read

    def _outgoing(
        self, request: Any, timeout: float | None, metadata: Metadata | None
    ) -> OutgoingCall:
        return OutgoingCall(
            upstream=self._upstream.service,
            path=self._path,
            request=request,
            deadline=Deadline.after(DEFAULT_TIMEOUT_SECONDS if timeout is None else timeout),
            metadata=list(metadata or ()),
        )

    def _start(self, out: OutgoingCall) -> Any:
        method = self._upstream.method(self._kind, self._path, self._write, self._read)
        timeout = out.deadline.remaining() if out.deadline else None
        return method(out.request, timeout=timeout, metadata=out.sent_metadata())


class UnaryMethod(_Method):
    """A method with one answer."""

    def __init__(
        self, upstream: Upstream, kind: str, path: str, write: Serializer, read: Deserializer
    ) -> None:
        super().__init__(upstream, kind, path, write, read)
        call: Unary = self._send
        for wrap in reversed(unary_list()):
            call = wrap(call)
        self._call = call

    async def __call__(
        self, request: Any, *, timeout: float | None = None, metadata: Metadata | None = None
    ) -> Any:
        """Returns the answer; `timeout` is in seconds.

        Raises:
            MeshError: what the upstream answered, or Unavailable or DeadlineExceeded.
        """
        return await self._call(self._outgoing(request, timeout, metadata))

    def _send(self, out: OutgoingCall) -> Awaitable[Any]:
        call: Awaitable[Any] = self._start(out)
        return call


class ClientStreamMethod(UnaryMethod):
    """A method with a stream of requests, an iterator of which it takes, and one answer.

    What the iterator raises is raised by the call.
    """

    def _send(self, out: OutgoingCall) -> Awaitable[Any]:
        requests = out.request
        out.request = None
        return send_all(self._start(out), requests, self._write)


class StreamMethod(_Method):
    """A method with a stream of answers."""

    def __init__(
        self, upstream: Upstream, kind: str, path: str, write: Serializer, read: Deserializer
    ) -> None:
        super().__init__(upstream, kind, path, write, read)
        call: Stream = self._send
        for wrap in reversed(stream_list()):
            call = wrap(call)
        self._call = call

    def __call__(
        self, request: Any, *, timeout: float | None = None, metadata: Metadata | None = None
    ) -> AsyncGenerator[Any, None]:
        """Yields the answers; `timeout`, in seconds, is that of the whole stream.

        Raises:
            MeshError: as `UnaryMethod`, before or between answers.
        """
        return self._call(self._outgoing(request, timeout, metadata))

    async def _send(self, out: OutgoingCall) -> AsyncGenerator[Any, None]:
        call = self._start(out)
        try:
            async for message in call:
                yield message
        finally:
            call.cancel()


Made = TypeVar("Made")


def _maker(
    kind: str, make: Callable[[Upstream, str, str, Serializer, Deserializer], Made]
) -> Callable[..., Made]:
    """Returns one of a channel's four ways to make a method, with the arguments stubs give it."""

    def method(
        self: "MeshChannel",
        path: str,
        request_serializer: Serializer = None,
        response_deserializer: Deserializer = None,
        _registered_method: bool = False,
    ) -> Made:
        return make(self.upstream, kind, path, request_serializer, response_deserializer)

    return method


class MeshChannel:
    """What a generated stub takes for its channel: every call goes through the outbound list."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream

    unary_unary = _maker("unary_unary", UnaryMethod)
    stream_unary = _maker("stream_unary", ClientStreamMethod)
    unary_stream = _maker("unary_stream", StreamMethod)
    stream_stream = _maker("stream_stream", StreamMethod)
