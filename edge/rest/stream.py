"""Server-streaming methods over HTTP (R21): when bytes go out. What they are, `Frames` say."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Protocol

from starlette.types import Send

from edge.answer import answer
from edge.errors import NO_STORE, ErrorContext
from mesh.errors import MeshError

QUIET_START_SECONDS = 1.0
"""How long a stream may wait for its first answer before its headers go out alone."""
UNBUFFERED = (b"x-accel-buffering", b"no")
"""Asks proxies of nginx's kind to hand each event on at once."""


class Frames(Protocol):
    """How the answers of one stream are written."""

    @property
    def content_type(self) -> bytes:
        """The media type."""
        ...

    @property
    def opening(self) -> bytes:
        """What goes out before all else; may be empty."""
        ...

    @property
    def heartbeat(self) -> bytes:
        """What goes out while there is nothing to say; empty: nothing does."""
        ...

    def event(self, message: bytes) -> bytes:
        """Returns one answer as it is sent."""
        ...

    def error(self, error: MeshError, context: ErrorContext) -> bytes:
        """Returns the error that ends the stream as it is sent."""
        ...


async def send_stream(
    send: Send,
    answers: AsyncIterator[bytes],
    frames: Frames,
    context: ErrorContext,
    *,
    heartbeat_seconds: float,
    resumed: bool = False,
) -> None:
    """Sends each answer as it comes; an error on the way is the last thing sent.

    A resumed stream that has nothing more to say is 204, on which an EventSource stays away.

    Raises:
        MeshError: the stream failed before its first answer; nothing was sent.
    """
    coming = _Coming(answers)
    try:
        if await coming.arrives(QUIET_START_SECONDS) and await coming.peek() is None and resumed:
            await answer(send, 204, [NO_STORE], b"")
            return
        headers = [(b"content-type", frames.content_type), NO_STORE, UNBUFFERED]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        try:
            await _send(send, frames.opening)
            await _send_events(send, coming, frames, heartbeat_seconds)
        except MeshError as error:
            await _send(send, frames.error(error, context))
        await send({"type": "http.response.body", "body": b""})
    finally:
        await coming.close()


async def _send_events(
    send: Send, coming: "_Coming", frames: Frames, heartbeat_seconds: float
) -> None:
    beat = frames.heartbeat
    while True:
        while beat and not await coming.arrives(heartbeat_seconds):
            await _send(send, beat)
        message = await coming.next()
        if message is None:
            return
        await _send(send, frames.event(message))


async def _send(send: Send, data: bytes) -> None:
    if data:
        await send({"type": "http.response.body", "body": data, "more_body": True})


class _Coming:
    """The answers of a stream; the next may be waited for without being taken."""

    def __init__(self, answers: AsyncIterator[bytes]) -> None:
        self._answers = answers
        self._future: asyncio.Future[bytes | None] | None = None

    async def arrives(self, seconds: float) -> bool:
        """Says whether the next answer, the end or an error comes within that time."""
        if self._future is None:
            self._future = asyncio.ensure_future(self._take())
        await asyncio.wait((self._future,), timeout=seconds)
        return self._future.done()

    async def peek(self) -> bytes | None:
        """Returns the next answer without taking it, None at the end."""
        if self._future is None:
            self._future = asyncio.ensure_future(self._take())
        return await self._future

    async def next(self) -> bytes | None:
        """Returns the next answer, None at the end."""
        if self._future is None:
            return await self._take()
        message = await self._future
        self._future = None
        return message

    async def close(self) -> None:
        """Ends the upstream call, whichever way the stream ended."""
        if self._future is not None and not self._future.done():
            self._future.cancel()
            await asyncio.wait((self._future,))
        if isinstance(self._answers, AsyncGenerator):
            await self._answers.aclose()

    async def _take(self) -> bytes | None:
        return await anext(self._answers, None)
