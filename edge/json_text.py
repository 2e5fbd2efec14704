"""JSON text → a parsed value, more strictly than parsers do: what it says, it says once (RFC 8259).

Of two members with one name some readers take the first and some the last; here that is an error.
"""

import json
import math
from collections import Counter
from typing import Any, NoReturn

import orjson

from mesh.errors import FieldViolation, InvalidArgument

JsonValue = Any
"""A parsed JSON value: the one place where the type checker is asked to look away."""
SHOWN_CHARACTERS_MAX = 100


def parse_json(text: bytes) -> JsonValue:
    """Returns the value of JSON text.

    Raises:
        InvalidArgument: it is no JSON, has NaN, a number past all floats, or a member twice.
    """
    try:
        return _DECODER.decode(text.decode())
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidArgument(
            f"the body is no JSON: {error.msg.removesuffix(' at')} at {where}"
        ) from error
    except _TwiceError as error:
        path = shown(_twice(text.decode()))
        said = FieldViolation(path, "is there twice")
        raise InvalidArgument(f"{path}: is there twice", violations=[said]) from error
    except UnicodeDecodeError as error:
        raise InvalidArgument("the body is not UTF-8") from error
    except RecursionError as error:
        raise InvalidArgument("the JSON of the body is nested too deeply") from error
    except ValueError as error:
        raise InvalidArgument("the body holds a number that is none, or too large") from error


def write_json(value: JsonValue) -> bytes:
    """Returns a parsed value as text again.

    Raises:
        RecursionError: it is nested too deeply.
    """
    try:
        return orjson.dumps(value)
    except TypeError:  # it lacks integers past 64 bits, and halves of surrogate pairs
        return json.dumps(value).encode()


def shown(path: str) -> str:
    """Returns a path for people; what a client made up in it may be long, or no text at all."""
    if len(path) > SHOWN_CHARACTERS_MAX:
        path = f"{path[:SHOWN_CHARACTERS_MAX]}…"
    return path.encode("utf-8", "replace").decode()


def deeper(value: JsonValue, levels: int) -> bool:
    """Says whether a value is nested deeper than that; breadth first, so the stack stays flat."""
    layer = [value]
    for _ in range(levels):
        layer = [inner for outer in layer for inner in _children(outer)]
    return any(isinstance(value, dict | list) for value in layer)


def _children(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


class _TwiceError(Exception):
    """A member has two values."""


def _members(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _TwiceError
    return found


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(text)
    return value


def _constant(text: str) -> NoReturn:
    raise ValueError(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=_float, parse_constant=_constant
)


class _Members(list[tuple[str, JsonValue]]):
    """The members of an object as they came."""


def _twice(text: str) -> str:
    """Returns the path of the first member that is there twice."""
    todo: list[tuple[str, JsonValue]] = [("", json.loads(text, object_pairs_hook=_Members))]
    while todo:
        path, value = todo.pop()
        if isinstance(value, _Members):
            prefix = f"{path}." if path else ""
            counts = Counter(name for name, _ in value)
            name, times = counts.most_common(1)[0] if counts else ("", 0)
            if times > 1:
                return prefix + name
            todo += [(prefix + name, inner) for name, inner in value]
        elif isinstance(value, list):
            todo += [(f"{path}[{at}]", inner) for at, inner in enumerate(value)]
    return ""
