"""The arguments of one field of a document, converted as Strawberry converts them."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    VariableNode,
    Visitor,
    get_argument_values,
    visit,
)
from graphql.execution.values import VariableValues
from strawberry import Schema
from strawberry.types.arguments import convert_arguments

from edge.graphql.fields import Arguments, OutputField
from edge.graphql.told import DOCUMENT
from mesh.errors import InvalidArgument


class Given:
    """What a field is given: known once, where no variable is in it."""

    def __init__(
        self, schema: Schema, field: GraphQLField, definition: OutputField, node: FieldNode
    ) -> None:
        self._schema = schema
        self._field = field
        self._definition = definition
        self._node = node
        self._constant: Arguments | None = None
        self._varies = _varies(node)

    def read(self, variables: VariableValues | None) -> Arguments:
        """Returns the arguments by JSON name; they are the caller's to change.

        Raises:
            InvalidArgument: two entries of a map have one key, or a variable is null where that
                has no place: one with a default may stand there.
        """
        if self._varies:
            return self._read(variables)
        if self._constant is None:
            self._constant = self._read(None)
        return dict(self._constant)

    def _read(self, variables: VariableValues | None) -> Arguments:
        try:
            values: Mapping[str, Any] = get_argument_values(self._field, self._node, variables)
        except GraphQLError as error:
            raise InvalidArgument(error.message, reason=DOCUMENT) from error
        converted = convert_arguments(
            dict(values),
            self._definition.arguments,
            scalar_registry=self._schema.schema_converter.scalar_registry,
            config=self._schema.config,
        )
        return self._definition.named(converted)


def _varies(node: FieldNode) -> bool:
    finder = _Variables()
    for argument in node.arguments or ():
        visit(argument, finder)
    return finder.found


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.found = True
