"""Ends the work for a client that went away."""

import asyncio
from types import TracebackType

from starlette.types import Receive

WATCH_AFTER_SECONDS = 0.02
"""Most calls are over by then; only a slow one is worth a task that watches the connection."""


class WhileConnected:
    """A block that ends quietly when the client disconnects; what it awaits is cancelled.

    Enter it only once the body was read: it takes what the connection still sends.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._gone = False
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER_SECONDS, self._begin)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
        # As in asyncio.timeout: a cancellation that also came from elsewhere goes on.
        return self._gone and self._task.uncancel() == 0 and kind is asyncio.CancelledError

    def _begin(self) -> None:
        self._watch = asyncio.get_running_loop().create_task(self._listen())

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._task.cancel()
