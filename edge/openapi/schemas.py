"""JSON Schema of messages and enums by the JSON mapping of proto3 (R18), for OpenAPI 3.1.

A request must hold what is REQUIRED; of an answer `fields` may leave out anything. So a message
that demands something and is met in both has two schemas: `X` as it is answered, and `X-Input`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

from edge.codec import JsonValue
from edge.contracts.constraints import NONE, Constraints
from edge.contracts.joins import Joins
from edge.contracts.model import Contracts, EnumType, Field, Kind, MessageType
from edge.contracts.reach import outputs, value_of
from edge.contracts.well_known import WRAPPERS
from edge.openapi.bounds import bounds, demanded, in_prose, list_bounds, map_bounds
from edge.openapi.examples import Examples
from edge.rest.conditions import ETAG
from edge.rest.expand import member_of

Schema = dict[str, Any]

INPUT = "-Input"
OWNERS = frozenset({"OUTPUT_ONLY", "IDENTIFIER"})
"""Behaviors of what the owner of a resource says, and no example of a request."""
IMMUTABLE = "IMMUTABLE"
ONEOF_MEMBERS_MAX = 12
"""A oneof with more members is told in prose alone: their pairs would be too many."""

SCALARS: Mapping[Kind, Schema] = {
    Kind.DOUBLE: {"type": "number", "format": "double"},
    Kind.FLOAT: {"type": "number", "format": "float"},
    Kind.INT32: {"type": "integer", "format": "int32"},
    Kind.SINT32: {"type": "integer", "format": "int32"},
    Kind.SFIXED32: {"type": "integer", "format": "int32"},
    Kind.UINT32: {"type": "integer", "format": "uint32", "minimum": 0},
    Kind.FIXED32: {"type": "integer", "format": "uint32", "minimum": 0},
    Kind.INT64: {"type": "string", "format": "int64"},
    Kind.SINT64: {"type": "string", "format": "int64"},
    Kind.SFIXED64: {"type": "string", "format": "int64"},
    Kind.UINT64: {"type": "string", "format": "uint64"},
    Kind.FIXED64: {"type": "string", "format": "uint64"},
    Kind.BOOL: {"type": "boolean"},
    Kind.STRING: {"type": "string"},
    Kind.BYTES: {"type": "string", "contentEncoding": "base64"},
}
WELL_KNOWN: Mapping[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Value": {},
    "google.protobuf.ListValue": {"type": "array", "items": {}},
    "google.protobuf.NullValue": {"type": "null"},
    "google.protobuf.Any": {
        "type": "object",
        "properties": {"@type": {"type": "string"}},
        "required": ["@type"],
    },
    **{
        name: {**SCALARS[kind], "type": [SCALARS[kind]["type"], "null"]}
        for name, kind in WRAPPERS.items()
    },
}


class Schemas:
    """Builds schemas; those of messages and enums that were asked for gather in `components`.

    `request` says that a schema is part of a request; `closed`, that a request may hold nothing
    else.
    """

    def __init__(
        self, contracts: Contracts, examples: Examples, joins: Joins, *, closed: bool
    ) -> None:
        self._contracts = contracts
        self._joins = joins
        self.examples = examples
        self._closed = closed
        self._answered = outputs(contracts).messages
        self._demanding = _demanding(contracts.messages.values())
        self.components: dict[str, Schema] = {}

    def of_field(self, field: Field, *, request: bool, strict: bool = True) -> Schema:
        """Returns the schema of a field's value, with what the contract says of the field.

        Unless `strict`, its default value passes whatever the rules say.
        """
        rules = field.constraints if strict else replace(field.constraints, zero_passes=True)
        if field.map_value is not None:
            value = self._of_value(field.map_value, rules.items or NONE, request)
            schema: Schema = {"type": "object", "additionalProperties": value} | map_bounds(rules)
        elif field.repeated:
            item = self._of_value(field, rules.items or NONE, request)
            schema = {"type": "array", "items": item} | list_bounds(rules)
        else:
            schema = self._of_value(field, rules, request)
        return schema | _notes(field)

    def of_message(self, message: MessageType, *, request: bool) -> Schema:
        """Returns the schema of a message: a reference, or what stands for a well-known type."""
        name = message.full_name
        if name in WELL_KNOWN:
            return dict(WELL_KNOWN[name])
        key = f"{name}{INPUT}" if request and self._doubled(name) else name
        if key not in self.components:
            self.components[key] = {}  # a message may hold itself
            self.components[key] = self.of_object(message, request=request)
            if name in self.examples.values:
                self.components[key]["examples"] = [self._example(message, request=request)]
        return _reference(key)

    def of_object(
        self,
        message: MessageType,
        *,
        request: bool,
        without: Collection[str] = (),
        partial: bool = False,
    ) -> Schema:
        """Returns the schema of a message in place, without some fields.

        `partial` asks for no field: the body of a PATCH holds what changes.
        """
        fields = [field for field in message.fields if field.name not in without]
        strict = request or message.full_name not in self._demanding
        schema: Schema = {
            "type": "object",
            "properties": {
                field.json_name: self.of_field(
                    field, request=request, strict=strict and not partial
                )
                for field in fields
            },
        }
        if not request and (expanded := self._expanded(message)):
            schema["properties"][member_of(message)] = expanded
        required = [field.json_name for field in fields if demanded(field)]
        if required and request and not partial:
            schema["required"] = required
        if request and self._closed and (partial or without or self._asked_alone(message)):
            schema["additionalProperties"] = False
        oneofs = _oneofs(fields)
        if several := _at_most_one(oneofs.values()):
            schema["not"] = several
        if partial and message.full_name in self.examples.values:
            schema["examples"] = [self._change(message)]
        told = "\n\n".join(filter(None, (message.comment, *map(_told, oneofs.values()))))
        return schema | _described(told, message.deprecated)

    def _expanded(self, message: MessageType) -> Schema | None:
        """Returns the schema of what `expand` puts into a message; None where no join starts."""
        joined: dict[str, Schema] = {}
        for forward in self._joins.forward.get(message.full_name, ()):
            one = _nullable(self.of_message(forward.target.message, request=False))
            joined[forward.name] = {"type": "array", "items": one} if forward.repeated else one
        for reverse in self._joins.reverse.get(message.full_name, ()):
            listed = self.of_message(reverse.list_method.output, request=False)
            joined[reverse.name] = _nullable(listed)
        told = "What `expand` asks for; null where there is none, or it cannot be had."
        whole: Schema = {"type": "object", "properties": joined, "readOnly": True}
        return whole | {"description": told} if joined else None

    def _example(self, message: MessageType, *, request: bool) -> JsonValue:
        value = self.examples.values[message.full_name]
        if not request:
            return value
        owners = [f.json_name for f in message.fields if OWNERS & f.behaviors or f.name == ETAG]
        return {key: inner for key, inner in value.items() if key not in owners}

    def _change(self, message: MessageType) -> JsonValue:
        """Returns the example of a PATCH: one field is enough, best one that there always is."""
        value = self._example(message, request=True)
        fields = [
            f for f in message.fields if f.json_name in value and IMMUTABLE not in f.behaviors
        ]
        fields.sort(key=lambda field: not demanded(field))
        return {field.json_name: value[field.json_name] for field in fields[:1]}

    def _doubled(self, name: str) -> bool:
        """Says whether a message has one schema for requests and one for answers."""
        return name in self._demanding and name in self._answered

    def _asked_alone(self, message: MessageType) -> bool:
        """Says whether no answer has this schema too: an answer may grow."""
        name = message.full_name
        return self._doubled(name) or name not in self._answered

    def _of_value(self, field: Field, rules: Constraints, request: bool) -> Schema:
        if field.kind is Kind.ENUM:
            return self._of_enum(field.type_name) | bounds(
                field, rules, self._contracts.enums.get(field.type_name)
            )
        if not field.is_message:
            return SCALARS[field.kind] | bounds(field, rules)
        message = self._contracts.messages.get(field.type_name)
        return self.of_message(message, request=request) if message else {}

    def _of_enum(self, name: str) -> Schema:
        if name in WELL_KNOWN:
            return dict(WELL_KNOWN[name])
        found = self._contracts.enums.get(name)
        if found is None:
            return {"type": "string"}
        if name not in self.components:
            self.components[name] = _enum(found)
        return _reference(name)


def _demanding(messages: Iterable[MessageType]) -> set[str]:
    """The messages that demand a field, or hold one that does."""
    users: dict[str, list[str]] = {}
    found = []
    for message in messages:
        if any(map(demanded, message.fields)):
            found.append(message.full_name)
        for field in message.fields:
            users.setdefault(value_of(field).type_name, []).append(message.full_name)
    demanding: set[str] = set()
    while found:
        name = found.pop()
        if name not in demanding:
            demanding.add(name)
            found += users.get(name, ())
    return demanding


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _enum(enum: EnumType) -> Schema:
    said = [f"- `{v.name}`: {v.comment}" for v in enum.values if v.comment]
    names = list(dict.fromkeys(value.name for value in enum.values))
    text = "\n".join(filter(None, [enum.comment, *said]))
    return {"type": "string", "enum": names} | _described(text, enum.deprecated)


def _notes(field: Field) -> Schema:
    text = "\n\n".join(filter(None, (field.comment, in_prose(field))))
    notes = _described(text, field.deprecated)
    if "OUTPUT_ONLY" in field.behaviors:
        notes["readOnly"] = True
    if "INPUT_ONLY" in field.behaviors:
        notes["writeOnly"] = True
    if field.default:
        notes["default"] = _default(field)
    return notes


def _default(field: Field) -> JsonValue:
    """The explicit default value of proto2, which descriptors keep as text."""
    kind = SCALARS.get(field.kind, {}).get("type")
    if kind == "boolean":
        return field.default == "true"
    if kind == "integer":
        return int(field.default)
    return float(field.default) if kind == "number" else field.default


def _described(comment: str, deprecated: bool) -> Schema:
    notes: Schema = {"description": comment} if comment else {}
    return notes | {"deprecated": True} if deprecated else notes


def _oneofs(fields: Iterable[Field]) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {}
    for field in fields:
        if field.oneof:
            members.setdefault(field.oneof, []).append(field.json_name)
    return {name: names for name, names in members.items() if len(names) > 1}


def _told(names: list[str]) -> str:
    return f"At most one of {', '.join(f'`{name}`' for name in names)}."


def _at_most_one(oneofs: Iterable[list[str]]) -> Schema:
    """What must not be: two members of one oneof. Generators of clients may pass over it."""
    pairs = [
        {"required": list(pair)}
        for names in oneofs
        if len(names) <= ONEOF_MEMBERS_MAX
        for pair in combinations(names, 2)
    ]
    return {"anyOf": pairs} if pairs else {}
