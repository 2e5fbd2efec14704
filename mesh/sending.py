"""The requests of one client-streaming call, written as fast as the upstream reads them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # its stub leaves it out


async def send_all(
    call: Any, requests: AsyncIterator[Any], serialize: Callable[[Any], bytes] | None
) -> Any:
    """Returns the answer of a call begun without requests.

    grpc.aio can take an iterator itself, but an upstream that ends a call early, as one does that
    refuses it, is told as INTERNAL then, and an iterator that fails as a call cancelled.

    Raises:
        AioRpcError: what the upstream answered, before it read everything or after.
        Exception: whatever `requests` raised; the call is cancelled.
    """
    writing = asyncio.create_task(_write(call, requests, serialize))
    try:
        return await call
    except asyncio.CancelledError:
        if writing.done() and not writing.cancelled() and (error := writing.exception()):
            raise error from None
        raise
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)


async def _write(
    call: Any, requests: AsyncIterator[Any], serialize: Callable[[Any], bytes] | None
) -> None:
    try:
        await call.wait_for_connection()
        async for request in requests:
            data = serialize(request) if serialize else request
            # Its own `write` would take a write that fails for the status of the call.
            await call._cython_call.send_serialized_message(data)
        await call.done_writing()
    except (grpc.aio.AioRpcError, cygrpc.InternalError, asyncio.InvalidStateError):
        return  # the call has ended, and says why
    except Exception:
        call.cancel()
        raise
