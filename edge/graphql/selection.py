"""What a document asks of one type, with fragments spread and conditions decided."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    is_abstract_type,
    visit,
)

Fields = Mapping[str, list[FieldNode]]
"""The nodes of each response key, which are merged, in the order of their first."""


@dataclass(frozen=True, slots=True)
class Selector:
    """Collects fields (GraphQL, 6.3.2); `conditions` are the variables of @skip and @include."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: Mapping[str, bool]

    def fields(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> Fields:
        """Returns what the selection sets of some nodes, merged, ask of a type."""
        return self.of_sets(type_, [n.selection_set for n in nodes if n.selection_set])

    def of_sets(self, type_: GraphQLObjectType, sets: list[SelectionSetNode]) -> Fields:
        """Returns what some selection sets, merged, ask of a type."""
        found: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        for selections in sets:
            for node in self._flat(type_, selections, spread):
                key = node.alias or node.name
                found.setdefault(key.value, []).append(node)
        return found

    def _flat(
        self, type_: GraphQLObjectType, selections: SelectionSetNode, spread: set[str]
    ) -> Iterator[FieldNode]:
        for node in selections.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                if self._applies(node, type_):
                    yield from self._flat(type_, node.selection_set, spread)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                fragment = self.fragments[node.name.value]
                if self._applies(fragment, type_):
                    yield from self._flat(type_, fragment.selection_set, spread)

    def _included(self, node: SelectionNode) -> bool:
        return all(self._lets_pass(directive) for directive in node.directives or ())

    def _lets_pass(self, directive: DirectiveNode) -> bool:
        wanted = {"skip": False, "include": True}.get(directive.name.value)
        if wanted is None:
            return True
        value = (directive.arguments or ())[0].value
        if isinstance(value, VariableNode):
            return self.conditions[value.name.value] is wanted
        return getattr(value, "value", None) is wanted

    def _applies(
        self, node: FragmentDefinitionNode | InlineFragmentNode, type_: GraphQLObjectType
    ) -> bool:
        if node.type_condition is None or node.type_condition.name.value == type_.name:
            return True
        named = self.schema.get_type(node.type_condition.name.value)
        return is_abstract_type(named) and self.schema.is_sub_type(named, type_)


def selector_of(info: GraphQLResolveInfo[Any]) -> Selector:
    """Returns the selector of the document that a resolver is part of."""
    values: Any = info.variable_values  # Strawberry's executor has the plain dict of older versions
    return Selector(info.schema, info.fragments, getattr(values, "coerced", values))


def fragments_of(document: DocumentNode) -> Mapping[str, FragmentDefinitionNode]:
    """Returns the fragments of a document by name."""
    found = (node for node in document.definitions if isinstance(node, FragmentDefinitionNode))
    return {node.name.value: node for node in found}


def conditions_of(document: DocumentNode) -> tuple[str, ...]:
    """Returns the variables that decide what a document asks for."""
    finder = _Conditions()
    visit(document, finder)
    return tuple(sorted(finder.found))


class _Conditions(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.found.add(argument.value.name.value)
