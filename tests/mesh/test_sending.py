import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from mesh.channel import MeshChannel, Upstream
from mesh.discovery import Endpoint, StaticResolver
from mesh.errors import DeadlineExceeded, PermissionDenied

PIECE = b"x" * 2**16
COUNT, REFUSE, WAIT = "/test.Sink/Count", "/test.Sink/Refuse", "/test.Sink/Wait"


async def count(requests: AsyncIterator[bytes], context: Any) -> bytes:
    return b"%d" % len([request async for request in requests])


async def refuse(requests: AsyncIterator[bytes], context: Any) -> bytes:
    await anext(requests)
    await context.abort(grpc.StatusCode.PERMISSION_DENIED, "not this one")
    return b""


async def wait(requests: AsyncIterator[bytes], context: Any) -> bytes:
    await asyncio.Event().wait()
    return b""


class Handler(grpc.GenericRpcHandler):
    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        known = {COUNT: count, REFUSE: refuse, WAIT: wait}
        return grpc.stream_unary_rpc_method_handler(known[details.method])


@pytest.fixture
async def channel() -> AsyncIterator[MeshChannel]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Handler(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    resolver = StaticResolver({"sink": (Endpoint(f"127.0.0.1:{port}", tls=False),)})
    upstream = Upstream("sink", resolver, message_bytes_max=2**20)
    yield MeshChannel(upstream)
    await upstream.close()
    await server.stop(0)


async def pieces(number: int, *, error: Exception | None = None) -> AsyncIterator[bytes]:
    for _ in range(number):
        yield PIECE
    if error:
        raise error


@pytest.mark.parametrize("number", [0, 1, 50])
async def test_every_request_arrives(channel: MeshChannel, number: int) -> None:
    assert await channel.stream_unary(COUNT)(pieces(number)) == b"%d" % number


async def test_an_upstream_that_refuses_early_is_heard(channel: MeshChannel) -> None:
    for _ in range(5):
        with pytest.raises(PermissionDenied, match="not this one"):
            await channel.stream_unary(REFUSE)(pieces(10_000))


async def test_a_source_that_fails_ends_the_call_by_its_own_error(channel: MeshChannel) -> None:
    with pytest.raises(KeyError):
        await channel.stream_unary(COUNT)(pieces(3, error=KeyError("source")))


async def test_an_upstream_that_reads_nothing_holds_the_source_up(channel: MeshChannel) -> None:
    taken = 0

    async def source() -> AsyncIterator[bytes]:
        nonlocal taken
        async for piece in pieces(10_000):
            taken += 1
            yield piece

    with pytest.raises(DeadlineExceeded):
        await channel.stream_unary(WAIT)(source(), timeout=0.2)
    assert taken < 200


async def test_a_caller_that_leaves_ends_the_source(channel: MeshChannel) -> None:
    ended = asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        try:
            yield PIECE
            await asyncio.Event().wait()
        finally:
            ended.set()

    work = asyncio.create_task(channel.stream_unary(WAIT)(source()))
    await asyncio.sleep(0.05)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    async with asyncio.timeout(2):
        await ended.wait()
