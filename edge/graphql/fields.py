"""Strawberry's fields and arguments, for types that are made at run time.

Types, names and resolvers are given, not read from Python annotations: a field is either a read
of its source (`read`, the fast path: Strawberry calls it with no more than the source) or a
resolver with arguments and the execution (`resolve`), made for a `fact` of the contract.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from strawberry.annotation import StrawberryAnnotation
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.schema_directives import OneOf
from strawberry.types.arguments import InputContext, StrawberryArgument
from strawberry.types.base import (
    StrawberryList,
    StrawberryObjectDefinition,
    StrawberryOptional,
    StrawberryType,
)
from strawberry.types.field import StrawberryField
from strawberry.types.info import Info

from edge.codec import JsonValue
from edge.contracts.joins import ForwardJoin, ReverseJoin
from edge.contracts.model import Field
from edge.contracts.operations import Operation
from edge.graphql.expressions import Expression
from mesh.errors import InvalidArgument

GraphQLType = StrawberryType | type
Read = Callable[[Any], Any]
Fact = Field | ForwardJoin | ReverseJoin | Operation
Arguments = dict[str, JsonValue]
Resolve = Callable[[Any, Any, Arguments], Any]
"""Takes the source, Strawberry's info and the arguments by JSON name; may return an awaitable."""

DEPRECATED = "Deprecated by its contract."
BACKREF = GraphQLCoreConverter.DEFINITION_BACKREF
"""Under which a field of graphql-core's schema keeps what it was made from."""


class OutputField(StrawberryField):
    """A field of an object type."""

    def __init__(
        self,
        name: str,
        type_: GraphQLType,
        read: Expression | None = None,
        *,
        resolve: Resolve | None = None,
        fact: Fact | None = None,
        arguments: Sequence["Argument"] = (),
        description: str = "",
        deprecated: bool = False,
        is_subscription: bool = False,
    ) -> None:
        super().__init__(
            python_name=name,
            graphql_name=name,
            description=description or None,
            deprecation_reason=DEPRECATED if deprecated else None,
            is_subscription=is_subscription,
        )
        self.read = read
        self.fact = fact
        self._type = type_
        self._resolve = resolve
        self._given = arguments
        self.arguments = list(arguments)

    @property
    def is_basic_field(self) -> bool:
        """True for a read of the source."""
        return self._resolve is None

    def resolve_type(
        self, *, type_definition: StrawberryObjectDefinition | None = None
    ) -> GraphQLType:
        """Returns the type that was given."""
        return self._type

    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Arguments) -> Any:
        """Returns the value of the field."""
        if self._resolve is None:
            return self._compiled(source)
        return self._resolve(source, info, self.named(kwargs))

    def named(self, arguments: Arguments) -> Arguments:
        """Returns converted arguments by JSON name."""
        named: Arguments = {}
        for argument in self._given:
            if argument.python_name in arguments:
                named |= argument.field.members(arguments[argument.python_name])
        return named

    @cached_property
    def _compiled(self) -> Read:
        assert self.read
        return self.read.compiled()


class InputField(StrawberryField):
    """A field of an input type, `json_name` in the request."""

    def __init__(
        self,
        name: str,
        json_name: str,
        type_: GraphQLType,
        *,
        is_map: bool = False,
        description: str = "",
    ) -> None:
        super().__init__(python_name=name, graphql_name=name, description=description or None)
        self.json_name = json_name
        self.is_map = is_map
        self._type = type_

    def resolve_type(
        self, *, type_definition: StrawberryObjectDefinition | None = None
    ) -> GraphQLType:
        """Returns the type that was given."""
        return self._type

    def members(self, value: JsonValue) -> Arguments:
        """Returns what a converted value puts into the JSON object around it.

        Raises:
            InvalidArgument: as `to_json`.
        """
        return {self.json_name: self.to_json(value)}

    def to_json(self, value: JsonValue) -> JsonValue:
        """Returns a converted value as the request holds it: the entries of a map as an object.

        Raises:
            InvalidArgument: two entries have one key.
        """
        if value is None or not self.is_map:
            return value
        entries = {_key_text(entry["key"]): entry["value"] for entry in value}
        if len(entries) < len(value):
            raise InvalidArgument(f"{self.json_name} has two entries with one key")
        return entries


class NullField(InputField):
    """A member of a oneof that can be nothing but null: whatever is given chooses it."""

    def to_json(self, value: JsonValue) -> JsonValue:
        """Returns null."""
        return None


class OneofField(InputField):
    """An input field for a oneof, whose members the JSON mapping has side by side (R16).

    `cleared` holds the JSON names of the members that null unsets.
    """

    def __init__(
        self, name: str, type_: GraphQLType, cleared: Sequence[str], description: str = ""
    ) -> None:
        super().__init__(name, name, type_, description=description)
        self._cleared = cleared

    def members(self, value: JsonValue) -> Arguments:
        """Returns the member that is chosen; of null all of them, each null."""
        return dict.fromkeys(self._cleared) if value is None else dict(value)


class Argument(StrawberryArgument):
    """An argument of a field: the input field `field`, handed on under its JSON name."""

    def __init__(self, field: InputField) -> None:
        super().__init__(
            python_name=field.python_name,
            graphql_name=field.graphql_name,
            type_annotation=StrawberryAnnotation(object),
            description=field.description,
        )
        self.field = field

    @property
    def type(self) -> GraphQLType:
        """The type that was given."""
        return self.field.resolve_type()


def optional(type_: GraphQLType) -> StrawberryOptional:
    """Returns the nullable form of a type."""
    return StrawberryOptional(type_)


def listed(type_: GraphQLType) -> StrawberryList:
    """Returns the type of a list of a type."""
    return StrawberryList(type_)


def object_type(
    name: str,
    description: str = "",
    *,
    fields: Sequence[StrawberryField] = (),
    interfaces: Sequence[type] = (),
    type_name: Callable[[Any, Any, Any], str] | None = None,
) -> type:
    """Returns a new object type; fields may be added until the schema is built.

    With `type_name`, which tells the type of a value, it is an interface.
    """
    made = type(name, (), {})
    definition = StrawberryObjectDefinition(
        name=name,
        is_input=False,
        is_interface=type_name is not None,
        origin=made,
        description=description or None,
        interfaces=[definition_of(interface) for interface in interfaces],
        extend=False,
        directives=(),
        is_type_of=(lambda value, info: True) if interfaces else None,
        resolve_type=type_name,
        fields=list(fields),
    )
    made.__strawberry_definition__ = definition  # type: ignore[attr-defined] # Strawberry's protocol
    return made


def input_type(
    name: str,
    description: str = "",
    *,
    fields: Sequence[InputField] = (),
    one_of: bool = False,
) -> type:
    """Returns a new input type whose values are JSON objects of the request.

    With `one_of` exactly one of its fields is given.
    """
    made = type(name, (), {})
    definition = StrawberryObjectDefinition(
        name=name,
        is_input=True,
        is_interface=False,
        origin=made,
        description=description or None,
        interfaces=[],
        extend=False,
        directives=(OneOf(),) if one_of else (),
        is_type_of=None,
        resolve_type=None,
        fields=list(fields),
        from_input=_from_input,
    )
    made.__strawberry_definition__ = definition  # type: ignore[attr-defined] # Strawberry's protocol
    return made


def definition_of(type_: type) -> StrawberryObjectDefinition:
    """Returns Strawberry's definition of a type made here."""
    found = type_.__strawberry_definition__  # type: ignore[attr-defined] # Strawberry's protocol
    assert isinstance(found, StrawberryObjectDefinition)
    return found


def _from_input(cls: type, value: Mapping[str, Any], context: InputContext) -> JsonValue:
    made: Arguments = {}
    for field in definition_of(cls).fields:
        name = field.python_name
        if isinstance(field, InputField) and name in value:
            made |= field.members(context.convert(value[name], field.resolve_type(), name))
    return made


def _key_text(key: object) -> str:
    return ("true" if key else "false") if isinstance(key, bool) else str(key)
