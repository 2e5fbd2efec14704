"""The scalars that GraphQL lacks, each in the shape of the proto3 JSON mapping (R18).

Answers hold that shape already, so nothing is converted on the way out; on the way in each is
checked, so that a wrong value is refused at its place in the document.
"""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

Int64 = NewType("Int64", str)
UInt64 = NewType("UInt64", str)
UInt32 = NewType("UInt32", int)
Bytes = NewType("Bytes", str)
DateTime = NewType("DateTime", str)
Duration = NewType("Duration", str)
FieldMask = NewType("FieldMask", str)
Json = NewType("Json", object)

_INTEGER = re.compile(r"-?\d{1,20}", re.ASCII)
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_DURATION = re.compile(r"-?\d{1,12}(\.\d{1,9})?s", re.ASCII)
_FIELD_MASK = re.compile(r"(\*|\w+(\.\w+)*)(,(\*|\w+(\.\w+)*))*|", re.ASCII)
SHOWN_MAX = 40
"""How many characters of a wrong value its refusal repeats."""


def _integer(low: int, high: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise GraphQLError(f"{_shown(value)} is no integer from {low} to {high}")
        return value

    return parse


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= SHOWN_MAX else f"{shown[:SHOWN_MAX]}…"


def _small_integer(value: object) -> int:
    if isinstance(value, str):
        raise GraphQLError("a number is expected, not a string")
    return _integer(0, 2**32 - 1)(value)


def _large_integer(low: int, high: int) -> Callable[[object], str]:
    parse = _integer(low, high)
    return lambda value: str(parse(value))


def _bytes(value: object) -> str:
    text = _text(value)
    padded = text + "=" * (-len(text) % 4)  # the JSON mapping takes it either way
    try:
        base64.b64decode(padded.translate(_URL_SAFE), validate=True)
    except ValueError as error:
        raise GraphQLError(f"the string is not base64: {error}") from error
    return text


_URL_SAFE = str.maketrans("-_", "+/")


def _date_time(value: object) -> str:
    text = _text(value)
    if not _DATE_TIME.fullmatch(text):
        raise GraphQLError("an RFC 3339 time is expected, such as 2030-01-31T12:00:00Z")
    try:
        datetime.fromisoformat(text[:19].upper())
    except ValueError as error:
        raise GraphQLError(f"there is no such time: {error}") from error
    return text


def _matching(pattern: re.Pattern[str], expected: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if not pattern.fullmatch(_text(value)):
            raise GraphQLError(f"{expected} is expected")
        return _text(value)

    return parse


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise GraphQLError("a string is expected")
    return value


def _same(value: object) -> object:
    return value


def _scalar(
    name: str, description: str, parse: Callable[[object], object], url: str | None = None
) -> ScalarDefinition:
    made: Any = strawberry.scalar(
        name=name,
        description=description,
        specified_by_url=url,
        serialize=_same,
        parse_value=parse,
    )
    assert isinstance(made, ScalarDefinition)
    return made


SCALARS: Mapping[object, ScalarDefinition] = {
    Int64: _scalar(
        "Int64",
        "A signed 64-bit integer, written as a string; integers are accepted too.",
        _large_integer(-(2**63), 2**63 - 1),
    ),
    UInt64: _scalar(
        "UInt64",
        "An unsigned 64-bit integer, written as a string; integers are accepted too.",
        _large_integer(0, 2**64 - 1),
    ),
    UInt32: _scalar("UInt32", "An unsigned 32-bit integer.", _small_integer),
    Bytes: _scalar(
        "Bytes", "Bytes, in base64.", _bytes, "https://datatracker.ietf.org/doc/html/rfc4648"
    ),
    DateTime: _scalar(
        "DateTime",
        "An instant, such as `2030-01-31T12:00:00Z`.",
        _date_time,
        "https://datatracker.ietf.org/doc/html/rfc3339",
    ),
    Duration: _scalar(
        "Duration",
        "A length of time in seconds, such as `3.500s`.",
        _matching(_DURATION, "a number of seconds such as 3.500s"),
    ),
    FieldMask: _scalar(
        "FieldMask",
        "Paths of fields in lowerCamelCase, separated by commas, such as `title,prices`.",
        _matching(_FIELD_MASK, "paths separated by commas"),
    ),
    Json: _scalar("JSON", "Any JSON value.", _same),
}
