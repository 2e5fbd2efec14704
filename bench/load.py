"""Closed-loop HTTP/1.1 load: fixed connections, each sending its next request on the answer.

`wrk` drives it where it is installed: it needs a tenth of the CPU of our own generator, which
takes its place elsewhere.
"""

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import quantiles

READ_TIMEOUT_SECONDS = 120.0
SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; the body is JSON."""

    method: str
    path: str
    body: str = ""

    @classmethod
    def get(cls, path: str) -> "Request":
        """Returns a GET."""
        return cls("GET", path)

    @classmethod
    def post(cls, path: str, body: str) -> "Request":
        """Returns a POST of JSON."""
        return cls("POST", path, body)

    def encoded(self) -> bytes:
        """Returns the bytes on the wire."""
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: bench\r\n"
        body = self.body.encode()
        if self.method == "POST":
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return f"{head}\r\n".encode() + body


@dataclass(frozen=True, slots=True)
class Result:
    """What one run measured; times in milliseconds."""

    count: int
    per_second: float
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Load:
    """How hard and how long to ask. `wrk` is the program, None for our own generator."""

    connections: int
    seconds: float
    wrk: str | None

    def run(self, address: str, requests: Sequence[Request], round_: int) -> Result:
        """Asks one edge.

        Raises:
            RuntimeError: an answer was not a success.
        """
        if self.wrk is None:
            return asyncio.run(_run(address, requests, self.connections, self.seconds))
        with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
            file.writelines(f"{r.method}\t{r.path}\t{r.body}\n" for r in requests)
            file.flush()
            return self._wrk(address, file.name, round_)

    def _wrk(self, address: str, file: str, round_: int) -> Result:
        assert self.wrk
        words = [self.wrk, "-t1", f"-c{self.connections}", f"-d{max(1, round(self.seconds))}s"]
        words += ["--latency", "-s", str(SCRIPT), f"http://{address}/", file, str(round_ + 1)]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        line = next(line for line in said.splitlines() if line.startswith("RESULT "))
        count, micros, failed, p50, p99 = map(float, line.split()[1:])
        if failed:
            raise RuntimeError(f"{failed:.0f} of {count:.0f} requests failed at {address}")
        return Result(int(count), count / micros * 1e6, p50 / 1000, p99 / 1000)


async def fetch(address: str, request: Request) -> bytes:
    """Returns the body of one answer.

    Raises:
        RuntimeError: it is not a success.
    """
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        return await _exchange(reader, writer, request.encoded())
    finally:
        writer.close()


async def _run(
    address: str, requests: Sequence[Request], connections: int, seconds: float
) -> Result:
    following = cycle([request.encoded() for request in requests])
    times: list[float] = []
    begun = time.perf_counter()
    limit = begun + seconds
    await asyncio.gather(*(_client(address, following, times, limit) for _ in range(connections)))
    cuts = quantiles(times, n=100)
    per_second = len(times) / (time.perf_counter() - begun)
    return Result(len(times), per_second, cuts[49] * 1000, cuts[98] * 1000)


async def _client(
    address: str, following: Iterator[bytes], times: list[float], limit: float
) -> None:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        while (begun := time.perf_counter()) < limit:
            await _exchange(reader, writer, next(following))
            times.append(time.perf_counter() - begun)
    finally:
        writer.close()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes
) -> bytes:
    writer.write(data)
    async with asyncio.timeout(READ_TIMEOUT_SECONDS):
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b"transfer-encoding: chunked" in head:
            body = await _chunks(reader)
        else:
            body = await reader.readexactly(_content_length(head))
    if not head.startswith(b"http/1.1 200"):
        raise RuntimeError(f"{data[:80]!r} got {head[:60]!r} {body[:200]!r}")
    return body


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body


def _content_length(head: bytes) -> int:
    start = head.index(b"content-length:") + len(b"content-length:")
    return int(head[start : head.index(b"\r\n", start)])
