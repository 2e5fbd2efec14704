"""Long-running operations: what they end in, and how they are polled (R17, AIP-151)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.contracts.model import Contracts, Method
from edge.contracts.operations import Operation, OperationKind

OPERATION = "google.longrunning.Operation"
STATUS = "google.rpc.Status"
OPERATIONS = "google.longrunning.Operations"
GET_OPERATION = f"/{OPERATIONS}/GetOperation"


@dataclass(frozen=True, slots=True, eq=False)
class LongRunning:
    """A method whose answer comes later.

    `metadata_type` is empty where the contracts do not hold it. `poll` reads an operation from the
    server of the method; None where the contracts do not hold google.longrunning.Operations.
    """

    method: Method
    response_type: str
    metadata_type: str
    poll: Operation | None


def find_long_running(
    contracts: Contracts, operations: Mapping[str, Operation]
) -> Mapping[str, LongRunning]:
    """Returns the long-running methods that the edge offers, by path.

    What does not say in what it ends, by a type that the contracts hold, stays a plain method.
    """
    found = {}
    for path, operation in operations.items():
        info = operation.method.operation
        if info and operation.exposed and operation.method.output.full_name == OPERATION:
            known = contracts.messages.keys()
            if info.response_type in known:
                metadata = info.metadata_type if info.metadata_type in known else ""
                poll = _poll(operation.method, operations.get(GET_OPERATION))
                found[path] = LongRunning(operation.method, info.response_type, metadata, poll)
    return found


def _poll(method: Method, get: Operation | None) -> Operation | None:
    """The mixin is served where its methods are; who may start an operation may ask for it."""
    if get is None:
        return None
    facts = replace(get.method.facts, scopes=method.facts.scopes, public=method.facts.public)
    polled = replace(get.method, facts=facts, served_by=method.service)
    return replace(get, method=polled, kind=OperationKind.QUERY, retryable=True)
