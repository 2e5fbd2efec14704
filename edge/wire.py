"""Protobuf bytes without their messages: one field read, one field added.

Serialized messages that are written one behind the other merge (protobuf's encoding), so a field
is added to a request by its bytes behind it: over a single value, to a list, into a message.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

VARINT, LENGTH_DELIMITED = 0, 2

Peek = Callable[[bytes], bytes]
"""Reads one string or bytes field of a serialized message; empty where it is not set.

Raises:
    DecodeError: the bytes are no message.
"""


@cache
def peek(*numbers: int) -> Peek:
    """Returns a reader of the field at the end of that way of field numbers.

    It parses, in C, a message that has this field alone: 0.7 µs for a product, 1.1 µs for a page.
    """
    read = sparse(*numbers).FromString

    def found(data: bytes) -> bytes:
        value: Any = read(data)
        for _ in numbers:
            value = value.f
        return bytes(value)

    return found


@cache
def sparse(*numbers: int, listed: bool = False) -> type[Message]:
    """Returns a message that has nothing but the field at the end of that way, `f` at each step.

    The last is bytes, which every string, bytes or message field reads as; with `listed` the first
    is repeated.
    """
    file = descriptor_pb2.FileDescriptorProto(name="sparse.proto", package="sparse")
    file.syntax = "proto3"
    kind = descriptor_pb2.FieldDescriptorProto
    for depth, number in enumerate(numbers):
        label = kind.LABEL_REPEATED if listed and not depth else kind.LABEL_OPTIONAL
        message = file.message_type.add(name=f"M{depth}")
        field = message.field.add(name="f", number=number, type=kind.TYPE_BYTES, label=label)
        if depth + 1 < len(numbers):
            field.type, field.type_name = kind.TYPE_MESSAGE, f".sparse.M{depth + 1}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("sparse.M0"))


def delimited(numbers: Sequence[int], data: bytes) -> bytes:
    """Returns a string, bytes or message value as the field at the end of that way of numbers."""
    for number in reversed(numbers):
        data = varint(number << 3 | LENGTH_DELIMITED) + varint(len(data)) + data
    return data


def cleared_bool(number: int) -> bytes:
    """Returns a bool field that is false, to be written over one that may be true."""
    return varint(number << 3 | VARINT) + b"\0"


def varint(number: int) -> bytes:
    """Returns a number in base 128, lowest group first."""
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)
