"""Turns a failed call of grpc.aio into an error of the tree."""

import logging
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import grpc

from mesh.errors import DeadlineExceeded, MeshError, Unavailable, from_rpc_error
from mesh.outbound import OutgoingCall, Stream, Unary

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 1.0
"""When to ask again whoever is away: an instance that ended is replaced in about that time."""
_NAMES_ADDRESSES = re.compile(r"; last error: |DNS resolution failed")
"""How grpc says that it found nobody: with addresses, which are nobody's business outside. Only
its words tell such an error from one that an upstream sent."""


def unary(proceed: Unary) -> Unary:
    """Raises MeshError where the call fails."""

    async def call(out: OutgoingCall) -> Any:
        try:
            return await proceed(out)
        except grpc.aio.AioRpcError as error:
            raise _error(out, error) from None

    return call


def stream(proceed: Stream) -> Stream:
    """Raises MeshError where the stream fails, at its start or later."""

    async def call(out: OutgoingCall) -> AsyncGenerator[Any, None]:
        try:
            async with aclosing(proceed(out)) as messages:
                async for message in messages:
                    yield message
        except grpc.aio.AioRpcError as error:
            raise _error(out, error) from None

    return call


def _error(out: OutgoingCall, error: grpc.aio.AioRpcError) -> MeshError:
    """Returns the error; what grpc says of connections and clocks is put into words of ours."""
    found = from_rpc_error(error)
    service = out.path.split("/")[1]
    if isinstance(found, Unavailable) and _NAMES_ADDRESSES.search(found.message):
        log.warning("%s does not answer: %s", service, found.message)
        return Unavailable(
            f"{service} does not answer", retry_after_seconds=RETRY_AFTER_SECONDS, remote=True
        )
    if isinstance(found, Unavailable) and found.retry_after_seconds is None:
        found.retry_after_seconds = RETRY_AFTER_SECONDS
    if isinstance(found, DeadlineExceeded) and out.deadline and out.deadline.expired:
        return DeadlineExceeded(f"{service} did not answer in time", remote=True)
    return found
