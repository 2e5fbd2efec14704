"""Reads of one kind that are under way at once become few calls (R6).

`Batcher` collects the keys that are asked for in one turn of the event loop; `in_chunks` reads
them with a batch method, `one_by_one` with a method that takes a single key. Answers are matched
by key, never by position; a key without an answer is None; a key that fails fails alone.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

import grpc
from google.rpc import error_details_pb2

from mesh.errors import MeshError, NotFound, Unimplemented

CHUNK_KEYS_MAX = 100
REPAIR_CALLS_MAX = 32
CONCURRENT_CALLS_MAX = 8

V = TypeVar("V")
ReadMany = Callable[[Sequence[str]], Awaitable[Mapping[str, V]]]
"""Reads keys in one call; what does not exist is absent from the answer."""
ReadOne = Callable[[str], Awaitable[V]]
ReadAll = Callable[[Sequence[str]], Awaitable[Mapping[str, V | MeshError | None]]]
"""Reads any number of keys; never raises MeshError, but says it of each key."""

# Asking again in smaller pieces cannot help: the fault lies with no key.
OF_THE_WHOLE = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    }
)
_INDEX = re.compile(r"\[(\d+)\]")


class Batcher(Generic[V]):
    """Turns the loads of one level into one read. Lives as long as one operation.

    A key is read once in that time. All loads of one read end together, so that the loads which
    they cause form one level again.
    """

    def __init__(self, read_all: ReadAll[V]) -> None:
        self._read_all = read_all
        self._known: dict[str, asyncio.Future[V | None]] = {}
        self._waiting: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def load(self, key: str) -> "asyncio.Future[V | None]":
        """Returns what the key leads to, None where nothing does; may raise MeshError."""
        found = self._known.get(key)
        if found is None:
            loop = asyncio.get_running_loop()
            found = self._known[key] = loop.create_future()
            if not self._waiting:
                # Whoever was woken in this turn of the loop has loaded by the next but one.
                loop.call_soon(loop.call_soon, self._start)
            self._waiting.append(key)
        return found

    def cancel(self) -> None:
        """Ends the reads that are under way; whoever waits for them is cancelled too."""
        for task in self._tasks:
            task.cancel()
        for found in self._known.values():  # a task that had no turn yet would end none of them
            found.cancel()

    def _start(self) -> None:
        keys, self._waiting = self._waiting, []
        task = asyncio.ensure_future(self._read(keys))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self, keys: Sequence[str]) -> None:
        try:
            outcomes = await self._read_all(keys)
        except BaseException as error:
            self._end(keys, dict.fromkeys(keys, error))
            if not isinstance(error, Exception):
                raise
        else:
            self._end(keys, outcomes)

    def _end(
        self, keys: Sequence[str], outcomes: Mapping[str, V | MeshError | BaseException | None]
    ) -> None:
        for key in keys:
            future, outcome = self._known[key], outcomes.get(key)
            if future.done():  # its reader went away
                continue
            if not isinstance(outcome, BaseException):
                future.set_result(outcome)
            elif isinstance(outcome, asyncio.CancelledError):
                future.cancel()
            else:
                future.set_exception(outcome)
                future.exception()  # a reader that went away is no unseen error


async def in_chunks(
    keys: Sequence[str],
    read: ReadMany[V],
    read_one: ReadOne[V] | None = None,
    chunk_max: int = CHUNK_KEYS_MAX,
) -> dict[str, V | MeshError | None]:
    """Returns what each key leads to, read `chunk_max` keys a call, calls side by side.

    Where the server fails a batch as a whole, the keys that its error names are dropped, else the
    batch is halved, within REPAIR_CALLS_MAX further calls. A server that does not implement the
    batch is asked with `read_one`.
    """
    chunks = [_Chunk(read, read_one).read(part) for part in _parts(keys, chunk_max)]
    return _merge(await asyncio.gather(*chunks))


async def one_by_one(
    keys: Iterable[str], read: ReadOne[V], concurrency_max: int = CONCURRENT_CALLS_MAX
) -> dict[str, V | MeshError | None]:
    """Returns what each key leads to, a call for each, at most `concurrency_max` at once."""
    room = asyncio.Semaphore(concurrency_max)

    async def ask(key: str) -> tuple[str, V | MeshError | None]:
        async with room:
            try:
                return key, await read(key)
            except MeshError as error:
                return key, _verdict(error)

    return dict(await asyncio.gather(*map(ask, keys)))


class _Chunk(Generic[V]):
    """Reads one chunk; repairs it where it fails."""

    def __init__(self, read: ReadMany[V], read_one: ReadOne[V] | None) -> None:
        self._read = read
        self._read_one = read_one
        self._calls_left = REPAIR_CALLS_MAX

    async def read(self, keys: Sequence[str]) -> dict[str, V | MeshError | None]:
        try:
            found = await self._read(keys)
        except Unimplemented as error:
            if self._read_one is None:
                return dict.fromkeys(keys, error)
            return await one_by_one(keys, self._read_one)
        except MeshError as error:
            return await self._repair(keys, error)
        return {key: found.get(key) for key in keys}

    async def _repair(
        self, keys: Sequence[str], error: MeshError
    ) -> dict[str, V | MeshError | None]:
        if error.code in OF_THE_WHOLE:
            return dict.fromkeys(keys, error)
        if len(keys) == 1:
            return {keys[0]: _verdict(error)}
        named = culprits(error, keys)
        rest = [key for key in keys if key not in named]
        parts = [rest] if named else _parts(rest, (len(rest) + 1) // 2)
        if len(parts) > self._calls_left:
            return dict.fromkeys(keys, error)
        self._calls_left -= len(parts)
        outcomes = await asyncio.gather(*(self.read(part) for part in parts if part))
        return _merge([dict.fromkeys(named, _verdict(error)), *outcomes])


def culprits(error: MeshError, keys: Sequence[str]) -> set[str]:
    """Returns the keys that the details of an error name, by value or by index in the request."""
    said = set(error.metadata.values())
    for detail in error.details:
        info = error_details_pb2.ResourceInfo()
        if detail.Unpack(info):
            said.add(info.resource_name)
    for violation in error.violations:
        if index := _INDEX.search(violation.field):
            said.update(keys[int(index[1]) : int(index[1]) + 1])
    return said.intersection(keys)


def _verdict(error: MeshError) -> MeshError | None:
    return None if isinstance(error, NotFound) else error


def _parts(keys: Sequence[str], size: int) -> list[Sequence[str]]:
    return [keys[start : start + size] for start in range(0, len(keys), size)]


def _merge(parts: Iterable[Mapping[str, V | MeshError | None]]) -> dict[str, V | MeshError | None]:
    return {key: outcome for part in parts for key, outcome in part.items()}
