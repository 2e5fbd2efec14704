"""An HTTP client's side of google/api/http.proto: request message → HTTP request.

Written from http.proto alone: nothing here is shared with the edge.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message

from tests.contracts.filling import SPECIAL, VARIABLE, Filler
from tests.contracts.types import Rule, Types

NO_PARAMETER = {
    f"google.protobuf.{name}" for name in ("Any", "Struct", "Value", "ListValue", "Empty")
}
SEGMENT = "seg ü;1"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What goes over the wire, and the message that it says."""

    verb: str
    target: str
    body: bytes | None
    message: Message


def http_request(types: Types, method: MethodDescriptor, rule: Rule, seed: int) -> HttpRequest:
    """Returns a request for one binding, rich in what the binding can carry."""
    message = Filler(types, tame=True).message(method.input_type, seed, 2)
    variables = list(_variables(rule))
    for path, value in variables:
        _put(message, path, value)
    paths = [path for path, _ in variables]
    _settle(message, rule, {path.partition(".")[0] for path in paths})
    query, body = _split(types, message, rule, paths)
    target = _target(rule) + ("?" + urlencode(query) if query else "")
    text = json.dumps(body).encode() if body is not None else None
    return HttpRequest(rule.WhichOneof("pattern").upper(), target, text, message)


def template(rule: Rule) -> str:
    """Returns the path template of a binding."""
    return getattr(rule, rule.WhichOneof("pattern"))


def _variables(rule: Rule) -> Iterator[tuple[str, str]]:
    for match in VARIABLE.finditer(template(rule)):
        yield match[1], _example(match[2] or "*")


def _example(pattern: str) -> str:
    return re.sub(r"\*\*?", lambda star: SEGMENT + "/deep" * (len(star[0]) - 1), pattern)


def _target(rule: Rule) -> str:
    return VARIABLE.sub(
        lambda match: quote(_example(match[2] or "*"), safe="/" if match[2] else ""),
        template(rule),
    )


def _settle(message: Message, rule: Rule, bound: set[str]) -> None:
    """Drops from the message what this binding has no place for."""
    for field, value in list(message.ListFields()):
        parameter = rule.body not in ("*", field.name) and field.name not in bound
        if field.name == "page_token" or (parameter and not _is_parameter(field)):
            message.ClearField(field.name)
        elif parameter and field.message_type and not field.is_repeated:
            _prune(value, (field.message_type.full_name,))
            if not value.ByteSize() and field.message_type.full_name not in SPECIAL:
                message.ClearField(field.name)


def _prune(message: Message, outer: tuple[str, ...]) -> None:
    if message.DESCRIPTOR.full_name in SPECIAL:
        return
    for field, value in list(message.ListFields()):
        inner = field.message_type
        if not _is_parameter(field) or (inner and inner.full_name in outer):
            message.ClearField(field.name)
        elif inner and not field.is_repeated:
            _prune(value, (*outer, inner.full_name))
            if not value.ByteSize() and inner.full_name not in SPECIAL:
                message.ClearField(field.name)


def _is_parameter(field: FieldDescriptor) -> bool:
    """Says whether a query can carry a field: http.proto wants no repeated messages."""
    if field.message_type is None:
        return True
    return not field.is_repeated and field.message_type.full_name not in NO_PARAMETER


def _split(
    types: Types, message: Message, rule: Rule, bound: list[str]
) -> tuple[list[tuple[str, str]], Any]:
    """The query and the JSON body. What the path holds is said once, but in a named body field."""
    value = json_format.MessageToDict(message, descriptor_pool=types.pool)
    fields = message.DESCRIPTOR.fields_by_name
    if rule.body == "*":
        for path in bound:
            _drop(value, message.DESCRIPTOR, path)
        return [], value
    body = value.pop(fields[rule.body].json_name, {}) if rule.body else None
    for path in bound:
        _drop(value, message.DESCRIPTOR, path)
    return list(_parameters("", value)), body


def _parameters(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _parameters(f"{prefix}.{name}" if prefix else name, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _parameters(prefix, inner)
    elif isinstance(value, bool):
        yield prefix, "true" if value else "false"
    else:
        yield prefix, str(value)


def _drop(value: dict[str, Any], descriptor: Descriptor, path: str) -> None:
    *outer, last = path.split(".")
    for name in outer:
        field = descriptor.fields_by_name[name]
        value, descriptor = value.get(field.json_name, {}), field.message_type
    value.pop(descriptor.fields_by_name[last].json_name, None)


def _put(message: Message, path: str, value: str) -> None:
    *outer, last = path.split(".")
    for name in outer:
        message = getattr(message, name)
    setattr(message, last, value)
