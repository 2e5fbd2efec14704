"""Sends along what of a request travels: its id."""

from collections.abc import AsyncGenerator
from typing import Any

from mesh.metadata import REQUEST_ID, request_id
from mesh.outbound import OutgoingCall, Stream, Unary


def unary(proceed: Unary) -> Unary:
    """Adds the metadata of the request under way to a call."""

    async def call(out: OutgoingCall) -> Any:
        _add(out)
        return await proceed(out)

    return call


def stream(proceed: Stream) -> Stream:
    """Adds the metadata of the request under way to a stream."""

    def call(out: OutgoingCall) -> AsyncGenerator[Any, None]:
        _add(out)
        return proceed(out)

    return call


def _add(out: OutgoingCall) -> None:
    current = request_id.get()
    if current and all(key != REQUEST_ID for key, _ in out.metadata):
        out.metadata.append((REQUEST_ID, current))
