"""Gives every call the time that is left, and refuses one for which none is."""

from collections.abc import AsyncGenerator, Awaitable
from typing import Any

from mesh.deadline import current
from mesh.errors import DeadlineExceeded
from mesh.outbound import OutgoingCall, Stream, Unary


def unary(proceed: Unary) -> Unary:
    """Tightens the deadline of a call."""

    def call(out: OutgoingCall) -> Awaitable[Any]:
        _tighten(out)
        return proceed(out)

    return call


def stream(proceed: Stream) -> Stream:
    """Tightens the deadline of a stream."""

    def call(out: OutgoingCall) -> AsyncGenerator[Any, None]:
        _tighten(out)
        return proceed(out)

    return call


def _tighten(out: OutgoingCall) -> None:
    """Takes the earlier one of the call's own deadline and that of the work it is part of."""
    ours = current.get()
    if ours is not None and (out.deadline is None or ours < out.deadline):
        out.deadline = ours
    if out.deadline is not None and out.deadline.expired:
        raise DeadlineExceeded(f"no time left to call {out.path.lstrip('/')}")
