"""Server-streaming methods over HTTP: one JSON object a line (R21)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable

from starlette.types import Send

from edge.errors import ErrorContext, problem
from mesh.errors import MeshError

NDJSON = b"application/x-ndjson"
QUIET_START_SECONDS = 1.0
"""How long a stream may wait for its first answer before its headers go out alone."""


async def send_stream(
    send: Send,
    answers: AsyncIterator[bytes],
    write: Callable[[bytes], bytes],
    context: ErrorContext,
) -> None:
    """Sends each answer as a line `{"result": …}`; an error on the way is a last `{"error": …}`.

    Raises:
        MeshError: the stream failed before its first answer; nothing was sent.
    """
    first = asyncio.ensure_future(_next(answers))
    try:
        await asyncio.wait((first,), timeout=QUIET_START_SECONDS)
        if first.done() and (error := first.exception()):
            raise error
        headers = [(b"content-type", NDJSON), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        try:
            await _send_lines(send, first, answers, write)
        except MeshError as error:
            await _send_line(send, _error_line(error, context))
        await send({"type": "http.response.body", "body": b""})
    finally:
        await _close(first, answers)


async def _send_lines(
    send: Send,
    first: asyncio.Future[bytes | None],
    answers: AsyncIterator[bytes],
    write: Callable[[bytes], bytes],
) -> None:
    message = await first
    while message is not None:
        await _send_line(send, b'{"result":' + write(message) + b"}")
        message = await _next(answers)


async def _next(answers: AsyncIterator[bytes]) -> bytes | None:
    return await anext(answers, None)


async def _send_line(send: Send, line: bytes) -> None:
    await send({"type": "http.response.body", "body": line + b"\n", "more_body": True})


def _error_line(error: MeshError, context: ErrorContext) -> bytes:
    _, _, body = problem(error, context)
    return body if context.google else b'{"error":' + body + b"}"


async def _close(first: asyncio.Future[bytes | None], answers: AsyncIterator[bytes]) -> None:
    """Ends the upstream call, whichever way the stream ended."""
    if not first.done():
        first.cancel()
        await asyncio.wait((first,))
    if isinstance(answers, AsyncGenerator):
        await answers.aclose()
