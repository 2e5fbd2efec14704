"""The body of a request, whole and in time."""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any

from starlette.types import Message, Receive

from edge.errors import BodyTooSlow


async def whole_body(receive: Receive, seconds: float) -> bytes | None:
    """Returns the body; None where the client left before its end.

    A timer is set only where something has to be waited for: most bodies come with the request's
    header, and a timer costs more than reading them.

    Raises:
        BodyTooSlow: it did not arrive in that many seconds.
    """
    coming: Any = receive()  # a coroutine, as ASGI says
    try:
        waits_for = coming.send(None)
    except StopIteration as done:
        message: Message = done.value
        if message["type"] == "http.request" and not message.get("more_body", False):
            body: bytes = message.get("body", b"")
            return body
        return await _rest(receive, message, seconds)
    return await _rest(receive, _Begun(coming, waits_for), seconds)


class _Begun:
    """A coroutine that was begun by hand and waits: awaited, it goes on."""

    def __init__(self, coroutine: Coroutine[Any, None, Message], waits_for: object) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, None, Message]:
        try:
            yield self._waits_for
        except BaseException:
            self._coroutine.close()
            raise
        return (yield from self._coroutine.__await__())


async def _rest(receive: Receive, first: Message | _Begun, seconds: float) -> bytes | None:
    chunks = []
    try:
        async with asyncio.timeout(seconds):
            message = await first if isinstance(first, _Begun) else first
            while True:
                if message["type"] == "http.disconnect":
                    return None
                chunks.append(message.get("body", b""))
                if not message.get("more_body", False):
                    return b"".join(chunks)
                message = await receive()
    except TimeoutError as error:
        raise BodyTooSlow("the body did not arrive in time") from error
