"""`Deadline`: the instant at which a piece of work has lost its purpose.

A deadline is an instant and travels; a timeout is a length and stays local. grpc.aio tells a
servicer how long its caller waits but passes nothing on, so the inbound list puts the caller's
deadline into `current`, and the outbound list takes it from there.
"""

import time
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """An instant on the monotonic clock, in seconds."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Returns the instant `seconds` from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Returns the seconds that are left, 0 once it has passed."""
        return max(0.0, self.at - time.monotonic())

    @property
    def expired(self) -> bool:
        """True once it has passed."""
        return time.monotonic() >= self.at


current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)
