"""The leaf types of fields: scalars, enums, and messages whose JSON is one value (R8, R18).

For each there is the text that reads it off its message (`edge/graphql/expressions.py`).
"""

from collections.abc import Mapping
from typing import cast

from strawberry.types.enum import EnumValue, StrawberryEnumDefinition

from edge.contracts.fields import enum_value_names
from edge.contracts.model import Contracts, EnumType, Field, Kind
from edge.contracts.names import Names
from edge.contracts.well_known import NULL_VALUE, TEXTUAL, WELL_KNOWN, WRAPPERS
from edge.graphql.expressions import SCOPE, Expression, Scope, scalar
from edge.graphql.fields import DEPRECATED, GraphQLType
from edge.graphql.scalars import (
    Bytes,
    DateTime,
    Duration,
    FieldMask,
    Int64,
    Json,
    UInt32,
    UInt64,
)

_SCALARS: Mapping[Kind, object] = {
    Kind.DOUBLE: float,
    Kind.FLOAT: float,
    Kind.INT64: Int64,
    Kind.UINT64: UInt64,
    Kind.INT32: int,
    Kind.FIXED64: UInt64,
    Kind.FIXED32: UInt32,
    Kind.BOOL: bool,
    Kind.STRING: str,
    Kind.BYTES: Bytes,
    Kind.UINT32: UInt32,
    Kind.SFIXED32: int,
    Kind.SFIXED64: Int64,
    Kind.SINT32: int,
    Kind.SINT64: Int64,
}
_WELL_KNOWN: Mapping[str, object] = {
    "google.protobuf.Timestamp": DateTime,
    "google.protobuf.Duration": Duration,
    "google.protobuf.FieldMask": FieldMask,
    "google.protobuf.Struct": Json,
    "google.protobuf.Value": Json,
    "google.protobuf.ListValue": Json,
    "google.protobuf.NullValue": Json,
    "google.protobuf.Any": Json,
    "google.protobuf.DoubleValue": float,
    "google.protobuf.FloatValue": float,
    "google.protobuf.Int64Value": Int64,
    "google.protobuf.UInt64Value": UInt64,
    "google.protobuf.Int32Value": int,
    "google.protobuf.UInt32Value": UInt32,
    "google.protobuf.BoolValue": bool,
    "google.protobuf.StringValue": str,
    "google.protobuf.BytesValue": Bytes,
}
JSON = cast(type, Json)
_JSONS = WELL_KNOWN - TEXTUAL - WRAPPERS.keys()


class EnumName(str):
    """The proto name of an enum value, as arguments hold it: Strawberry wants a class of ours."""

    __slots__ = ()


class Leaves:
    """The leaf types of one set of contracts; each enum is made once."""

    def __init__(self, contracts: Contracts, names: Names) -> None:
        self._contracts = contracts
        self._names = names
        self._enums: dict[str, StrawberryEnumDefinition] = {}
        self._numbers: dict[str, int] = {}

    def of(self, field: Field) -> GraphQLType | None:
        """Returns the type of one item of a field; None for a message with fields of its own."""
        if field.kind in _SCALARS:
            return cast(type, _SCALARS[field.kind])
        if field.kind is Kind.ENUM and field.type_name not in _WELL_KNOWN:
            return self._enum(self._contracts.enums[field.type_name])
        return self.message(field.type_name)

    def message(self, full_name: str) -> GraphQLType | None:
        """Returns the type of a message whose JSON is one value; None for any other."""
        if full_name in _WELL_KNOWN:
            return cast(type, _WELL_KNOWN[full_name])
        return None if self._contracts.messages[full_name].fields else JSON

    def text(self, field: Field, inner: str) -> str:
        """Returns the text of one item of a field that is no message, which `inner` reads."""
        if field.kind is not Kind.ENUM:
            return scalar(field.kind, inner)
        # An enum's number becomes its name; one that the contract does not know is null.
        return "None" if field.type_name == NULL_VALUE else f"{self._reading(field)}({inner})"

    def message_text(self, full_name: str, inner: str) -> str | None:
        """Returns the text of a message whose JSON is one value; None for any other."""
        if full_name in WRAPPERS:
            return scalar(WRAPPERS[full_name], f"{inner}.value")
        if full_name in TEXTUAL:
            return f"text({inner})"
        if full_name in _JSONS:
            return f"json({inner})"
        return None if self._contracts.messages[full_name].fields else "{}"

    def expression(self, text: str, *fields: Field, **more: object) -> Expression:
        """Returns an expression whose text was made here for the fields; `more` is its own."""
        enums = [f for f in fields if f.kind is Kind.ENUM and f.type_name != NULL_VALUE]
        read: Scope = {self._reading(f): self._proto_names(f).get for f in enums}
        written: Scope = {self._reading(f): self._graphql_names(f).get for f in enums}
        return Expression(text, {**SCOPE, **read, **more}, written)

    def _reading(self, field: Field) -> str:
        """The name of what reads an enum: by number, since full names make no Python names."""
        return f"enum{self._numbers.setdefault(field.type_name, len(self._numbers))}"

    def _proto_names(self, field: Field) -> Mapping[int, str]:
        values = self._contracts.enums[field.type_name].values
        return {value.number: value.name for value in reversed(values)}  # of aliases the first

    def _graphql_names(self, field: Field) -> Mapping[int, str]:
        names = enum_value_names(self._contracts.enums[field.type_name])
        return {number: names[name] for number, name in self._proto_names(field).items()}

    def _enum(self, enum: EnumType) -> StrawberryEnumDefinition:
        made = self._enums.get(enum.full_name)
        if made is None:
            names = enum_value_names(enum)
            made = self._enums[enum.full_name] = StrawberryEnumDefinition(
                wrapped_cls=EnumName,  # type: ignore[arg-type] # called with a value's name
                name=self._names.type_of(enum.full_name),
                values=[
                    EnumValue(
                        names[value.name],
                        value.name,
                        deprecation_reason=DEPRECATED if value.deprecated else None,
                        description=value.comment or None,
                    )
                    for value in enum.values
                ],
                description=enum.comment or None,
            )
        return made
