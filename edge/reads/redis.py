"""Answers kept in Redis, where all edges find them.

A cache that fails must not make anything fail: what Redis does not answer in time was not kept.
"""

import asyncio
import logging
import struct
import time
from collections.abc import Callable

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from edge.reads.kept import Kept
from mesh.startup import StartupError

log = logging.getLogger(__name__)

PREFIX = b"selvedge:answer:1:"
REST_SECONDS = 1.0
"""How long Redis is left alone after it failed: a dead one must not slow every read."""
CONNECTIONS_MAX = 32
_HEAD = struct.Struct(">d")


class RedisStore:
    """Keeps answers in Redis, which forgets them when their time is over."""

    def __init__(
        self, url: str, seconds_max: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds_max = seconds_max
        self._clock = clock
        self._rests_until = 0.0
        try:
            self._redis: Redis = Redis.from_url(
                url,
                socket_timeout=seconds_max,
                socket_connect_timeout=seconds_max,
                retry=Retry(NoBackoff(), 0),
                max_connections=CONNECTIONS_MAX,
            )
        except ValueError as error:
            raise StartupError(f"SELVEDGE_CACHE_URL: {error}") from error

    async def get(self, key: bytes) -> Kept | None:
        """Returns what is kept under a key; None too where Redis does not say."""
        if self._clock() < self._rests_until:
            return None
        try:
            async with asyncio.timeout(self._seconds_max):
                found = await self._redis.get(PREFIX + key)
        except (RedisError, OSError, TimeoutError) as error:
            self._failed(error)
            return None
        if not isinstance(found, bytes) or len(found) < _HEAD.size:
            return None
        return Kept(found[_HEAD.size :], _HEAD.unpack_from(found)[0])

    async def put(self, key: bytes, kept: Kept, seconds: float) -> None:
        """Keeps an answer, unless Redis does not take it."""
        if self._clock() < self._rests_until:
            return
        value = _HEAD.pack(kept.at) + kept.answer
        try:
            async with asyncio.timeout(self._seconds_max):
                await self._redis.set(PREFIX + key, value, px=max(1, int(seconds * 1000)))
        except (RedisError, OSError, TimeoutError) as error:
            self._failed(error)

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.aclose()

    def _failed(self, error: Exception) -> None:
        if self._clock() >= self._rests_until:
            log.warning("answers are not kept: redis: %s", error or type(error).__name__)
        self._rests_until = self._clock() + REST_SECONDS
