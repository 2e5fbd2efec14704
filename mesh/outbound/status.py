"""Turns a failed call of grpc.aio into an error of the tree."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import grpc

from mesh.errors import STATUS_DETAILS_KEY, MeshError, from_rpc_error
from mesh.outbound import OutgoingCall, Stream, Unary

log = logging.getLogger(__name__)

_OF_THE_TRANSPORT = {
    grpc.StatusCode.UNAVAILABLE: "{} does not answer",
    grpc.StatusCode.DEADLINE_EXCEEDED: "{} did not answer in time",
}
"""Codes that grpc itself gives to a call. Its own words name addresses, which are nobody's
business outside; nothing tells them from those of an upstream that sends no google.rpc.Status."""


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
    """Returns the error; what grpc says of a connection is logged and left out."""
    found = from_rpc_error(error)
    words = _OF_THE_TRANSPORT.get(found.code)
    if words and all(key != STATUS_DETAILS_KEY for key, _ in error.trailing_metadata() or ()):
        log.warning("%s: %s: %s", out.path.lstrip("/"), found.code.name, found.message)
        return type(found)(words.format(out.path.split("/")[1]), remote=True)
    return found
