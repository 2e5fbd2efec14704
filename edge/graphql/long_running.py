"""Long-running operations (R17): their types, and root fields that poll them.

An operation is read from the server that started it. The query field reads it once; the
subscription field of the same name reads it again and again, and tells each change until it is
done. google.longrunning has a WaitOperation too, which few servers know, so nothing leans on it.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from edge.contracts.long_running import STATUS, LongRunning
from edge.contracts.names import Names
from edge.contracts.operations import OperationKind
from edge.graphql.expressions import Expression
from edge.graphql.fields import (
    Argument,
    Arguments,
    GraphQLType,
    InputField,
    OutputField,
    Resolve,
    object_type,
    optional,
)
from edge.loading.execution import Execution
from mesh.errors import Internal

NAME = "name"
POLL_FACTOR = 1.5


@dataclass(frozen=True, slots=True)
class Pace:
    """How often an operation is read: at first, and at the least, as it goes on unchanged."""

    first_seconds: float = 1.0
    seconds_max: float = 30.0

    def waits(self) -> Iterator[float]:
        """Yields the seconds to wait before each read."""
        seconds = self.first_seconds
        while True:
            yield min(seconds, self.seconds_max)
            seconds = min(seconds * POLL_FACTOR, self.seconds_max)


class Results(Protocol):
    """The types of what an operation holds."""

    def message(self, full_name: str) -> type:
        """Returns the type of a message."""
        ...

    def answer(self, full_name: str) -> GraphQLType:
        """Returns the type of a message or a well-known scalar."""
        ...

    def unpacked(self, field: str, full_name: str) -> Expression:
        """Returns what reads the message of a type in an Any, null where that is unset."""
        ...


def operation_type(name: str, later: LongRunning, results: Results) -> type:
    """Returns the type of the operation of a method: what it ends in is no Any (AIP-151)."""
    error = Expression('(m.error if m.HasField("error") else None)')
    fields = [
        OutputField(NAME, str, Expression("m.name"), description=_NAME_COMMENT),
        OutputField("done", bool, Expression("m.done"), description=_DONE_COMMENT),
        OutputField("error", optional(results.message(STATUS)), error, description=_ERROR_COMMENT),
    ]
    held = (("response", later.response_type), ("metadata", later.metadata_type))
    fields += [
        OutputField(field, optional(results.answer(held_type)), results.unpacked(field, held_type))
        for field, held_type in held
        if held_type
    ]
    return object_type(name, f"What {later.method.name} has started.", fields=fields)


_NAME_COMMENT = "By which it is asked for again."
_DONE_COMMENT = "True once there is a response or an error."
_ERROR_COMMENT = "Why it failed, or was cancelled."


def poll_fields(
    later: LongRunning, type_: type, names: Names, pace: Pace
) -> Iterator[tuple[OperationKind, OutputField]]:
    """Yields the root fields that ask how an operation gets on; none where none can."""
    if later.poll is None:
        return
    for kind, resolve in (
        (OperationKind.QUERY, _reads(later)),
        (OperationKind.SUBSCRIPTION, _follows(later, pace)),
    ):
        field = OutputField(
            names.poll_of(later.method),
            optional(type_),
            resolve=resolve,
            fact=later.poll,
            arguments=[Argument(InputField(NAME, NAME, str))],
            description=f"{_COMMENTS[kind]} {later.method.name} has started.",
            is_subscription=kind is OperationKind.SUBSCRIPTION,
        )
        yield kind, field


_COMMENTS = {
    OperationKind.QUERY: "How something gets on that",
    OperationKind.SUBSCRIPTION: "Each change, until it is done, of something that",
}


def unpack(full_name: str, packed: Packed) -> Message:
    """Returns the message that an Any holds.

    Raises:
        Internal: it holds one of another type than the contract says, or none at all.
    """
    if packed.TypeName() != full_name:
        raise Internal(f"an upstream answered a {packed.TypeName()} in place of a {full_name}")
    pool: Any = packed.DESCRIPTOR.file.pool
    try:
        made: Message = GetMessageClass(pool.FindMessageTypeByName(full_name)).FromString(
            packed.value
        )
    except DecodeError as error:
        raise Internal(f"an upstream answered what is no {full_name}") from error
    return made


def _reads(later: LongRunning) -> Resolve:
    async def resolve(source: Any, info: Any, arguments: Arguments) -> Any:
        return await _read(info.context, later, arguments)

    return resolve


def _follows(later: LongRunning, pace: Pace) -> Resolve:
    async def resolve(source: Any, info: Any, arguments: Arguments) -> AsyncIterator[Any]:
        execution: Execution = info.context
        waits, told = pace.waits(), None
        while True:
            found = await _read(execution, later, arguments)
            if found != told:
                execution.forget()
                yield found
                waits, told = pace.waits(), found
            if found.done:
                return
            left = execution.request.deadline.remaining()
            await execution.caller.pause(min(next(waits), left))

    return resolve


async def _read(execution: Execution, later: LongRunning, arguments: Arguments) -> Any:
    """Returns the operation; past the deadline the call is refused, so that nothing goes on."""
    assert later.poll
    return await execution.call(later.poll.method, arguments)
