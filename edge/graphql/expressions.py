"""How a field is read off its source: a Python expression over `m`, made from the contract.

One text serves twice. Compiled by itself it is the resolver that graphql-core calls; put beside
others it is part of the function that a plan writes for a whole selection. So both read alike.
"""

import base64 as b64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from keyword import iskeyword
from math import isfinite
from typing import Any

from google.protobuf import json_format
from google.protobuf.internal.type_checkers import ToShortestFloat
from google.protobuf.message import Message

from edge.contracts.model import Field, Kind
from mesh.errors import Internal

Scope = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Expression:
    """The text of an expression and what its names mean, `m` apart.

    `plan_scope` says what means something else in a plan, which writes the answer itself: there an
    enum reads as its GraphQL name, here as its proto name, which graphql-core turns into the other.
    """

    text: str
    scope: Scope = field(default_factory=dict)
    plan_scope: Scope = field(default_factory=dict)

    def compiled(self) -> Callable[[Any], Any]:
        """Returns a function of the source."""
        made: Callable[[Any], Any] = eval(f"lambda m: {self.text}", {**self.scope})  # noqa: S307 - the text is made here, of names that are quoted
        return made


def attribute(name: str) -> str:
    """Returns the text that reads an attribute of `m`.

    An image may come from anybody, so what is no plain name in it never gets to be code.
    """
    plain = name.isascii() and name.isidentifier() and not iskeyword(name)
    return f"m.{name}" if plain else f"getattr(m, {name!r})"


def present(field: Field) -> str:
    """Returns the text that says whether a field with presence is set."""
    return f"m.HasField({field.name!r})"


_LARGE = {Kind.INT64, Kind.UINT64, Kind.SINT64, Kind.FIXED64, Kind.SFIXED64}


def scalar(kind: Kind, text: str) -> str:
    """Returns the text of a scalar in the shape of the proto3 JSON mapping (R18)."""
    if kind in _LARGE:
        return f"str({text})"
    if kind in _CONVERTED:
        return f"{_CONVERTED[kind]}({text})"
    return text


_CONVERTED = {Kind.DOUBLE: "finite", Kind.FLOAT: "single", Kind.BYTES: "base64"}


def finite(value: float) -> float:
    """Returns a number that GraphQL can say.

    Raises:
        Internal: it is NaN or infinite.
    """
    if not isfinite(value):
        raise Internal(f"GraphQL has no way to say {value}")
    return value


def single(value: float) -> float:
    """Returns a 32-bit float with as many digits as it has; raises as `finite`."""
    shortest: float = ToShortestFloat(finite(value))
    return shortest


def base64(value: bytes) -> str:
    """Returns bytes in base64."""
    return b64.b64encode(value).decode("ascii")


def text(message: Any) -> str:
    """Returns the JSON string of a time, a duration or a field mask.

    Raises:
        Internal: the message holds none.
    """
    try:
        said: str = message.ToJsonString()
    except (ValueError, json_format.Error) as error:
        raise Internal(
            f"an upstream answered a {message.DESCRIPTOR.full_name} that is none"
        ) from error
    return said


def json(message: Message) -> object:
    """Returns the JSON value of a message, whose own file's pool knows what an Any holds.

    Keys are in their own order: protobuf keeps none, and an answer should not change by itself.

    Raises:
        Internal: an Any inside is of an unknown type, or a number is not finite.
    """
    pool: Any = message.DESCRIPTOR.file.pool
    try:
        return _in_order(json_format.MessageToDict(message, descriptor_pool=pool))
    except (TypeError, ValueError, json_format.Error) as error:
        raise Internal(f"a {message.DESCRIPTOR.full_name} has no JSON") from error


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return [*map(_in_order, value)] if isinstance(value, list) else value


SCOPE: Scope = {function.__name__: function for function in (finite, single, base64, text, json)}
"""What the texts of this file lean on."""
