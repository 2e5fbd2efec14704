"""Update masks (AIP-134, AIP-161): which fields of a resource a caller changes."""

from itertools import chain
from typing import TypeVar, cast

from google.protobuf.descriptor import Descriptor
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from mesh.contracts import facts_of_resource
from mesh.errors import FieldViolation, InvalidArgument

WHOLE = "*"
M = TypeVar("M", bound=Message)


def updated(current: M, update: M, mask: FieldMask, *, at: str) -> M:
    """Returns `current` with the fields that the mask names as they are in `update`.

    An empty mask names the fields that `update` sets, `*` names all. What callers cannot change
    (output only, immutable, the name, the etag) is passed over. `at` is the resource's field in
    the request, for messages.

    Raises:
        InvalidArgument: a path is not in the resource, or a required field would become empty.
    """
    paths = FieldMask(paths=changed_paths(update, mask))
    result = type(current)()
    result.CopyFrom(current)
    paths.MergeMessage(update, result, True, True)
    for path in paths.paths:
        _clear_unset(result, update, path)
    _refuse_empty(result, at)
    return result


def changed_paths(update: Message, mask: FieldMask) -> list[str]:
    """Returns what a mask changes of a resource, as `updated` understands the mask.

    Raises:
        InvalidArgument: a path is not in the resource.
    """
    facts = facts_of_resource(update.DESCRIPTOR)
    if list(mask.paths) == [WHOLE]:
        return sorted(facts.changeable)
    if unknown := [path for path in mask.paths if not _known(update, path)]:
        raise _unknown_path(update, unknown[0])
    paths = mask.paths or [field.name for field, _ in update.ListFields()]
    return [path for path in paths if path.partition(".")[0] in facts.changeable]


def _known(resource: Message, path: str) -> bool:
    # The stubs of protobuf know two classes of descriptors, and this method only one of them.
    return FieldMask(paths=[path]).IsValidForDescriptor(cast(Descriptor, resource.DESCRIPTOR))


def _unknown_path(update: Message, unknown: str) -> InvalidArgument:
    problem = f"{update.DESCRIPTOR.name} has no field {unknown!r}"
    return InvalidArgument(
        f"update_mask: {problem}",
        reason="INVALID_UPDATE_MASK",
        violations=(FieldViolation("update_mask", problem, "INVALID_UPDATE_MASK"),),
    )


def _clear_unset(target: Message, source: Message, path: str) -> None:
    """MergeMessage leaves alone what is within a message that `source` does not have."""
    *parents, leaf = path.split(".")
    for step in parents:
        if not target.HasField(step):
            return
        target, source = getattr(target, step), getattr(source, step)
    if leaf not in _set_fields(source):
        target.ClearField(leaf)


def _set_fields(message: Message) -> set[str]:
    return {field.name for field, _ in message.ListFields()}


def _refuse_empty(resource: Message, at: str) -> None:
    if empty := _empty(resource, at):
        raise InvalidArgument(
            f"{empty[0]} is required",
            reason="REQUIRED_FIELD",
            violations=[FieldViolation(name, "is required", "REQUIRED") for name in empty],
        )


def _empty(message: Message, at: str) -> list[str]:
    """Returns the paths of the required fields that are not set, in messages within too."""
    set_fields = message.ListFields()
    names = {field.name for field, _ in set_fields}
    required = facts_of_resource(message.DESCRIPTOR).required
    empty = [f"{at}.{name}" for name in required if name not in names]
    inner = (
        _empty(value, f"{at}.{field.name}")
        for field, value in set_fields
        if isinstance(value, Message)
    )
    return [*empty, *chain.from_iterable(inner)]
