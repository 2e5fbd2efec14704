"""What an operation selects at one place of its answer, fragments written out (GraphQL, 6.3.2).

Only for documents that are valid but for the merging of fields, and whose fragments written out
are within bounds: the time is that of writing them out.
"""

from collections.abc import Iterable
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_interface_type,
    is_object_type,
)

from edge.graphql.selection import fragments_of


class Selected(NamedTuple):
    """One field as it is written, with the type that it is written for.

    `definition` is None for the fields of introspection and all below them, as is `parent`.
    """

    node: FieldNode
    parent: GraphQLNamedType | None
    definition: GraphQLField | None

    @property
    def type(self) -> GraphQLNamedType | None:
        """The type of what is selected below it."""
        return get_named_type(self.definition.type) if self.definition else None


Groups = dict[str, list[Selected]]
"""What is selected, by the name in the answer."""


class Fields:
    """Collects the fields of one document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = fragments_of(document)

    def roots(self, operation: OperationDefinitionNode) -> Groups:
        """Returns the root fields of an operation."""
        groups: Groups = {}
        parent = self._schema.get_root_type(operation.operation)
        self._collect(operation.selection_set, parent, groups, set())
        return groups

    def below(self, fields: Iterable[Selected]) -> Groups:
        """Returns what is selected below fields that are one in the answer."""
        groups: Groups = {}
        spread: set[str] = set()
        for field in fields:
            if field.node.selection_set:
                self._collect(field.node.selection_set, field.type, groups, spread)
        return groups

    def _collect(
        self,
        selections: SelectionSetNode,
        parent: GraphQLNamedType | None,
        groups: Groups,
        spread: set[str],
    ) -> None:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                name = node.alias.value if node.alias else node.name.value
                definition = _definition(parent, node.name.value)
                groups.setdefault(name, []).append(Selected(node, parent, definition))
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                if fragment.name.value not in spread:
                    spread.add(fragment.name.value)
                    inner = self._schema.get_type(fragment.type_condition.name.value)
                    self._collect(fragment.selection_set, inner, groups, spread)
            elif isinstance(node, InlineFragmentNode):
                on = node.type_condition
                inner = self._schema.get_type(on.name.value) if on else parent
                self._collect(node.selection_set, inner, groups, spread)


def _definition(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    if is_object_type(parent) or is_interface_type(parent):
        found: GraphQLField | None = parent.fields.get(name)
        return found
    return None
