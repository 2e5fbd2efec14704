"""One list of a serialized message, taken out in pieces and put together; the rest is not read.

protobuf does the work, in C, with messages that have the fields in question alone: 0.3 µs a piece.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from mesh.errors import Internal


def pieces(data: bytes, number: int) -> list[bytes]:
    """Returns the values of a repeated string, bytes or message field, each as it stands.

    Raises:
        Internal: the bytes are no message.
    """
    return list(_parsed(_listing(number), data).f)


def keys(data: bytes, number: int, key: int) -> list[bytes]:
    """Returns the string that field `key` holds in each value of a repeated message field.

    Raises:
        Internal: the bytes are no message, or a value is none.
    """
    return [item.k for item in _parsed(_keyed(number, key), data).f]


def split(data: bytes, number: int) -> tuple[tuple[bytes, ...], bytes]:
    """Returns the values of a repeated field, and the message without them.

    Raises:
        Internal: the bytes are no message.
    """
    message = _parsed(_listing(number), data)
    values = tuple(message.f)
    message.ClearField("f")
    return values, message.SerializeToString()


def joined(values: Sequence[bytes], number: int) -> bytes:
    """Returns the message that holds values in a repeated field."""
    kind: Any = _listing(number)
    data: bytes = kind(f=values).SerializeToString()
    return data


def _parsed(kind: type[Message], data: bytes) -> Any:
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise Internal("an upstream answered what is no message") from error


@cache
def _listing(number: int) -> type[Message]:
    file = descriptor_pb2.FileDescriptorProto(name="pieces.proto", syntax="proto3")
    _add(file.message_type.add(name="Pieces"), "f", number, repeated=True)
    return _class(file)


@cache
def _keyed(number: int, key: int) -> type[Message]:
    file = descriptor_pb2.FileDescriptorProto(name="pieces.proto", syntax="proto3")
    items = _add(file.message_type.add(name="Pieces"), "f", number, repeated=True)
    items.type, items.type_name = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE, ".Item"
    _add(file.message_type.add(name="Item"), "k", key, repeated=False)
    return _class(file)


def _add(
    message: descriptor_pb2.DescriptorProto, name: str, number: int, *, repeated: bool
) -> descriptor_pb2.FieldDescriptorProto:
    kind = descriptor_pb2.FieldDescriptorProto
    label = kind.LABEL_REPEATED if repeated else kind.LABEL_OPTIONAL
    return message.field.add(name=name, number=number, type=kind.TYPE_BYTES, label=label)


def _class(file: descriptor_pb2.FileDescriptorProto) -> type[Message]:
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("Pieces"))
