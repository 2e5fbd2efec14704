"""Puts the caller's deadline, or the method's own where it is earlier, over the work."""

import asyncio
from typing import Any

from mesh.deadline import Deadline, current
from mesh.errors import DeadlineExceeded
from mesh.inbound import IncomingCall, Proceed


def deadline(proceed: Proceed) -> Proceed:
    """Ends the work when its time is over, and lets outbound calls see how much is left."""

    async def handle(call: IncomingCall) -> Any:
        limit = _limit(call)
        token = current.set(Deadline.after(limit))
        try:
            async with asyncio.timeout(limit) as timer:
                return await proceed(call)
        except TimeoutError as error:
            if not timer.expired():
                raise  # of the work itself, which had time left: a bug like any other
            raise DeadlineExceeded(
                f"{call.facts.name} had {limit:.3g} s and needed more"
            ) from error
        finally:
            current.reset(token)

    return handle


def _limit(call: IncomingCall) -> float:
    """Returns the seconds that the call has."""
    remaining = call.context.time_remaining()
    own = call.facts.deadline_seconds
    return own if remaining is None else min(own, max(0.0, remaining))
