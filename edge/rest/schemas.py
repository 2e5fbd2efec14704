"""JSON Schema of messages and enums by the JSON mapping of proto3 (R18), for OpenAPI 3.1."""

from collections.abc import Collection, Mapping
from typing import Any

from edge.contracts.model import Contracts, EnumType, Field, Kind, MessageType
from edge.rest.values import WRAPPERS

Schema = dict[str, Any]

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
    """Builds schemas; those of messages and enums that were asked for gather in `components`."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self.components: dict[str, Schema] = {}

    def of_field(self, field: Field) -> Schema:
        """Returns the schema of a field's value, with what the contract says of the field."""
        schema = self._of_type(field)
        if field.map_value is not None:
            schema = {"type": "object", "additionalProperties": self._of_type(field.map_value)}
        elif field.repeated:
            schema = {"type": "array", "items": schema}
        return schema | _notes(field)

    def of_message(self, message: MessageType) -> Schema:
        """Returns the schema of a message: a reference, or what stands for a well-known type."""
        if message.full_name in WELL_KNOWN:
            return dict(WELL_KNOWN[message.full_name])
        if message.full_name not in self.components:
            self.components[message.full_name] = {}  # a message may hold itself
            self.components[message.full_name] = self.of_object(message)
        return _reference(message.full_name)

    def of_object(
        self, message: MessageType, *, without: Collection[str] = (), partial: bool = False
    ) -> Schema:
        """Returns the schema of a message in place, without some fields.

        `partial` asks for no field: the body of a PATCH holds what changes.
        """
        fields = [field for field in message.fields if field.name not in without]
        schema: Schema = {
            "type": "object",
            "properties": {field.json_name: self.of_field(field) for field in fields},
        }
        required = [f.json_name for f in fields if f.required and "OUTPUT_ONLY" not in f.behaviors]
        if required and not partial:
            schema["required"] = required
        if choices := _choices(fields):
            schema["allOf"] = choices
        return schema | _described(message.comment, message.deprecated)

    def _of_type(self, field: Field) -> Schema:
        if field.kind is Kind.ENUM:
            return self._of_enum(field.type_name)
        if not field.is_message:
            return dict(SCALARS[field.kind])
        message = self._contracts.messages.get(field.type_name)
        return self.of_message(message) if message else {}

    def _of_enum(self, name: str) -> Schema:
        if name in WELL_KNOWN:
            return dict(WELL_KNOWN[name])
        found = self._contracts.enums.get(name)
        if found is None:
            return {"type": "string"}
        if name not in self.components:
            self.components[name] = _enum(found)
        return _reference(name)


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _enum(enum: EnumType) -> Schema:
    said = [f"- `{v.name}`: {v.comment}" for v in enum.values if v.comment]
    names = list(dict.fromkeys(value.name for value in enum.values))
    text = "\n".join(filter(None, [enum.comment, *said]))
    return {"type": "string", "enum": names} | _described(text, enum.deprecated)


def _notes(field: Field) -> Schema:
    notes = _described(field.comment, field.deprecated)
    if "OUTPUT_ONLY" in field.behaviors:
        notes["readOnly"] = True
    if "INPUT_ONLY" in field.behaviors:
        notes["writeOnly"] = True
    return notes


def _described(comment: str, deprecated: bool) -> Schema:
    notes: Schema = {"description": comment} if comment else {}
    return notes | {"deprecated": True} if deprecated else notes


def _choices(fields: list[Field]) -> list[Schema]:
    """Says of each oneof that at most one of its members is there."""
    members: dict[str, list[Schema]] = {}
    for field in fields:
        if field.oneof:
            members.setdefault(field.oneof, []).append({"required": [field.json_name]})
    return [
        {"oneOf": [*alone, {"not": {"anyOf": alone}}]}
        for alone in members.values()
        if len(alone) > 1
    ]
