"""GraphQL over server-sent events: the protocol of graphql-sse, one connection an operation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from starlette.types import Send

from edge.errors import Headers
from edge.graphql.engine import Answer

_HEARTBEAT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"


async def send_events(
    send: Send,
    answers: AsyncIterator[Answer],
    headers: Headers,
    heartbeat_seconds: float,
) -> None:
    """Sends each answer as an event `next`, then `complete`; refusals are answers too."""
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await _send(send, _HEARTBEAT)  # so that the client has its headers now
    async with aclosing(answers):  # type: ignore[type-var]  # every stream of the engine can close
        coming = asyncio.ensure_future(anext(answers, None))
        try:
            while (answer := await _within_heartbeats(send, coming, heartbeat_seconds)) is not None:
                await _send(send, b"event: next\ndata: " + answer.body + b"\n\n")
                coming = asyncio.ensure_future(anext(answers, None))
        finally:
            await _end(coming)
    await send({"type": "http.response.body", "body": _COMPLETE})


async def _within_heartbeats(
    send: Send, coming: "asyncio.Future[Answer | None]", seconds: float
) -> Answer | None:
    while True:
        done, _ = await asyncio.wait((coming,), timeout=seconds)
        if done:
            return coming.result()
        await _send(send, _HEARTBEAT)


async def _end(coming: "asyncio.Future[Answer | None]") -> None:
    if not coming.done():
        coming.cancel()
        await asyncio.wait((coming,))


async def _send(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})
