"""Sends along what of a request travels: its id."""

from collections.abc import AsyncGenerator, Awaitable
from typing import Any

from mesh.metadata import REQUEST_ID, request_id
from mesh.outbound import OutgoingCall, Stream, Unary


def unary(proceed: Unary) -> Unary:
    """Adds the metadata of the request under way to a call."""

    def call(out: OutgoingCall) -> Awaitable[Any]:
        _add(out)
        return proceed(out)

    return call


def stream(proceed: Stream) -> Stream:
    """Adds the metadata of the request under way to a stream."""

    def call(out: OutgoingCall) -> AsyncGenerator[Any, None]:
        _add(out)
        return proceed(out)

    return call


def _add(out: OutgoingCall) -> None:
    current = request_id.get()
    if not current:
        return
    for key, _ in out.metadata:  # this loop takes a third of the time of `any`
        if key == REQUEST_ID:
            return
    out.metadata.append((REQUEST_ID, current))
