"""The public test kit: real servers on loopback, with the same lists as in a process."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from mesh.channel import MeshChannel, Upstream
from mesh.discovery import Endpoint, StaticResolver
from mesh.server import Server, Servicer

MESSAGE_BYTES_MAX = 4 * 2**20


@asynccontextmanager
async def serve(servicers: Sequence[Servicer]) -> AsyncIterator[MeshChannel]:
    """Serves on a free port of loopback and yields a channel to it; both end with the block."""
    server = Server(servicers, reflect=True, message_bytes_max=MESSAGE_BYTES_MAX)
    address = await server.start("127.0.0.1", 0)
    async with connect(address) as channel:
        try:
            yield channel
        finally:
            await server.stop(0)


@asynccontextmanager
async def connect(address: str) -> AsyncIterator[MeshChannel]:
    """Yields a channel to an address."""
    resolver = StaticResolver({"upstream": (Endpoint(address),)})
    upstream = Upstream("upstream", resolver, message_bytes_max=MESSAGE_BYTES_MAX)
    try:
        yield MeshChannel(upstream)
    finally:
        await upstream.close()
