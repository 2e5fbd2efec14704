"""What happens to every call that a server takes, before the servicer and after it.

Each concern wraps what comes after it. `inbound` is the whole order, outermost first; admission
joins it before the deadline, identity and authorization after it, when they arrive.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc

from mesh.contracts import MethodFacts


@dataclass(slots=True)
class IncomingCall:
    """One call under way. `request` is a message, or an async iterator of messages."""

    facts: MethodFacts
    request: Any
    context: "grpc.aio.ServicerContext[Any, Any]"
    code: grpc.StatusCode = grpc.StatusCode.OK


Proceed = Callable[[IncomingCall], Awaitable[Any]]
"""What comes next: returns the response, or None after it wrote the responses of a stream."""

Inbound = Callable[[Proceed], Proceed]


def inbound() -> tuple[Inbound, ...]:
    """Returns the list of concerns, outermost first."""
    from mesh.inbound.deadline import deadline
    from mesh.inbound.status import status
    from mesh.inbound.telemetry import telemetry
    from mesh.inbound.validation import validation

    return (telemetry, status, deadline, validation)
