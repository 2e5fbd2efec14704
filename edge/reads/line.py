"""`Line`: reads that could share a call wait for the one under way, and then go together.

The guarantee: no read is answered by a call that began before the read came. So whoever has
written reads what was written, as if there were no sharing.
"""

import asyncio
import contextvars
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.call import RequestContext
from edge.contracts.model import Method
from edge.reads.batches import Batch, Wanted
from edge.reads.identity import Metadata
from mesh.errors import DeadlineExceeded, MeshError


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """One read as a face asked for it; `wanted` is None where only equal reads share a call."""

    method: Method
    request: bytes
    context: RequestContext
    wanted: Wanted | None


Key = tuple[Batch | Method, bytes, Metadata]
"""What the reads of a line have in common: a batch and the rest of the request for it, or a method
and its whole request; and the identity for which they are made."""
Settle = Callable[[Read, bytes | MeshError], None]


class Owner(Protocol):
    """Whose line it is: makes its calls and is told when it is empty."""

    async def send(self, line: "Line", reads: Sequence[Read], settle: Settle) -> None:
        """Makes the calls for a group and settles each of its reads, as soon as it can."""
        ...

    def ended(self, line: "Line") -> None:
        """Notes that nothing is under way or waiting in it."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How reads wait: for how long at the most, behind how many calls, with how many keys."""

    wait_seconds_max: float
    calls_max: int
    keys_max: int


class Line:
    """The reads of one kind, for one identity.

    While fewer than `calls_max` calls are under way a read leaves at once. Others form a group,
    which leaves when a call ends, when it is full, or after `wait_seconds_max`, so that a frozen
    call holds nobody back. A read that is given up leaves its group alone; the last one takes the
    call with it. `key` is what its reads have in common.
    """

    __slots__ = ("_calls", "_group", "_owner", "_pace", "key")

    def __init__(self, key: Key, owner: Owner, pace: Pace) -> None:
        self.key = key
        self._owner, self._pace = owner, pace
        self._calls = 0
        self._group: _Group | None = None

    @property
    def busy(self) -> bool:
        """True where a read must wait."""
        return self._calls >= self._pace.calls_max or self._group is not None

    def begin(self) -> None:
        """Notes that a call is under way; `end` must follow."""
        self._calls += 1

    def end(self) -> None:
        """Notes that it ended, and lets those who waited go."""
        self._calls -= 1
        if self._group is not None:
            self._depart()
        elif not self._calls:
            self._owner.ended(self)

    async def join(self, read: Read) -> bytes:
        """Returns the answer to a read that shares a later call.

        Raises:
            MeshError: as `Caller.unary`; DeadlineExceeded at the read's own deadline.
        """
        loop = asyncio.get_running_loop()
        group, future = self._group_for(read), loop.create_future()
        group.reads[read] = future
        group.keys += len(read.wanted.keys) if read.wanted else 0
        if group.keys >= self._pace.keys_max:
            self._depart()
        facts = read.method.facts
        left = min(facts.deadline_seconds, read.context.deadline.remaining())
        began = time.monotonic()
        expiry = loop.call_later(left, _expire, future, facts.service)
        try:
            answer: bytes = await future
            return answer
        finally:
            expiry.cancel()
            read.context.notes.upstream_seconds += time.monotonic() - began
            group.leave()

    def _group_for(self, read: Read) -> "_Group":
        keys = len(read.wanted.keys) if read.wanted else 0
        if self._group is not None and self._group.keys + keys > self._pace.keys_max:
            self._depart()
        if self._group is None:
            timer = asyncio.get_running_loop().call_later(self._pace.wait_seconds_max, self._depart)
            self._group = _Group(timer)
        return self._group

    def _depart(self) -> None:
        group, self._group = self._group, None
        assert group is not None
        group.timer.cancel()
        self._calls += 1
        # The call is part of the trace of the read that came first.
        work = self._run(group)
        group.task = asyncio.get_running_loop().create_task(work, context=group.trace)

    async def _run(self, group: "_Group") -> None:
        group.running = True
        try:
            waiting = [read for read, future in group.reads.items() if not future.done()]
            if waiting:
                await self._owner.send(self, waiting, group.settle)
        except asyncio.CancelledError:
            for future in group.reads.values():
                future.cancel()
            raise
        except Exception as error:
            for future in group.reads.values():
                _set(future, error)
        finally:
            self.end()


class _Group:
    """Reads that go together."""

    __slots__ = ("_left", "keys", "reads", "running", "task", "timer", "trace")

    def __init__(self, timer: asyncio.TimerHandle) -> None:
        self.reads: dict[Read, asyncio.Future[bytes]] = {}
        self.keys = 0
        self.timer = timer
        self.trace = contextvars.copy_context()
        self.task: asyncio.Task[None] | None = None
        self.running = False
        self._left = 0

    def settle(self, read: Read, outcome: bytes | MeshError) -> None:
        _set(self.reads[read], outcome)

    def leave(self) -> None:
        """Notes that a read has its answer or was given up; without readers the call ends."""
        self._left += 1
        # A task that never ran could not say that it ended: it starts, and finds nobody waiting.
        if self._left == len(self.reads) and self.task is not None and self.running:
            self.task.cancel()


def _set(future: "asyncio.Future[bytes]", outcome: bytes | Exception) -> None:
    if future.done():  # its reader went away
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
        future.exception()  # a reader that went away is no unseen error
    else:
        future.set_result(outcome)


def _expire(future: "asyncio.Future[bytes]", service: str) -> None:
    _set(future, DeadlineExceeded(f"{service} did not answer in time", remote=True))
