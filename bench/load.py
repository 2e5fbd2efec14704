"""A closed-loop HTTP/1.1 load generator: fixed connections, a fixed number of requests."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

READ_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, ready to be sent."""

    data: bytes

    @classmethod
    def get(cls, path: str) -> "Request":
        """Returns a GET."""
        return cls(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())

    @classmethod
    def post(cls, path: str, body: bytes) -> "Request":
        """Returns a POST of JSON."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return cls(head.encode() + body)


@dataclass(frozen=True, slots=True)
class Result:
    """What one run measured; times in milliseconds."""

    per_second: float
    p50: float
    p99: float


async def run(address: str, requests: Sequence[Request], connections: int) -> Result:
    """Sends every request once, over `connections` connections, and returns the figures.

    Raises:
        RuntimeError: an answer is not 200.
    """
    left = iter(requests)
    times: list[float] = []
    started = time.perf_counter()
    await asyncio.gather(*(_client(address, left, times) for _ in range(connections)))
    seconds = time.perf_counter() - started
    cuts = quantiles(times, n=100)
    return Result(len(times) / seconds, cuts[49] * 1000, cuts[98] * 1000)


async def fetch(address: str, request: Request) -> bytes:
    """Returns the body of one answer."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        return await _exchange(reader, writer, request)
    finally:
        writer.close()


async def _client(address: str, left: "object", times: list[float]) -> None:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        for request in left:  # type: ignore[attr-defined]  # one iterator shared by all clients
            begun = time.perf_counter()
            await _exchange(reader, writer, request)
            times.append(time.perf_counter() - begun)
    finally:
        writer.close()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
) -> bytes:
    writer.write(request.data)
    async with asyncio.timeout(READ_TIMEOUT_SECONDS):
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(_content_length(head))
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{request.data[:80]!r} got {head[:60]!r} {body[:200]!r}")
    return body


def _content_length(head: bytes) -> int:
    lower = head.lower()
    start = lower.index(b"content-length:") + len(b"content-length:")
    return int(lower[start : lower.index(b"\r\n", start)])
