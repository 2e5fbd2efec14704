"""Turns a failed call of grpc.aio into an error of the tree."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import grpc

from mesh.errors import from_rpc_error
from mesh.outbound import OutgoingCall, Stream, Unary


def unary(proceed: Unary) -> Unary:
    """Raises MeshError where the call fails."""

    async def call(out: OutgoingCall) -> Any:
        try:
            return await proceed(out)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None

    return call


def stream(proceed: Stream) -> Stream:
    """Raises MeshError where the stream fails, at its start or later."""

    async def call(out: OutgoingCall) -> AsyncGenerator[Any, None]:
        try:
            async with aclosing(proceed(out)) as messages:
                async for message in messages:
                    yield message
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None

    return call
