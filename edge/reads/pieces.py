"""One list of a serialized message, taken out in pieces and put together; the rest is not read.

protobuf does the work, in C, with messages that have the fields in question alone: 0.3 µs a piece.
"""

from collections.abc import Sequence
from typing import Any

from google.protobuf.message import DecodeError, Message

from edge.wire import sparse
from mesh.errors import Internal


def pieces(data: bytes, number: int) -> list[bytes]:
    """Returns the values of a repeated string, bytes or message field, each as it stands.

    Raises:
        Internal: the bytes are no message.
    """
    return list(_parsed(sparse(number, listed=True), data).f)


def keys(data: bytes, number: int, key: int) -> list[bytes]:
    """Returns the string that field `key` holds in each value of a repeated message field.

    Raises:
        Internal: the bytes are no message, or a value is none.
    """
    return [item.f for item in _parsed(sparse(number, key, listed=True), data).f]


def split(data: bytes, number: int) -> tuple[tuple[bytes, ...], bytes]:
    """Returns the values of a repeated field, and the message without them.

    Raises:
        Internal: the bytes are no message.
    """
    message = _parsed(sparse(number, listed=True), data)
    values = tuple(message.f)
    message.ClearField("f")
    return values, message.SerializeToString()


def joined(values: Sequence[bytes], number: int) -> bytes:
    """Returns the message that holds values in a repeated field."""
    kind: Any = sparse(number, listed=True)
    data: bytes = kind(f=values).SerializeToString()
    return data


def _parsed(kind: type[Message], data: bytes) -> Any:
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise Internal("an upstream answered what is no message") from error
