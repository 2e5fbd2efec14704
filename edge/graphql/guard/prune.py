"""Two ways to make a document shorter without changing what its validation finds."""

from dataclasses import replace
from operator import is_
from typing import TypeVar

from graphql import (
    DefinitionNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

N = TypeVar("N", bound=Node)


def without_repeated_leaves(document: DocumentNode) -> DocumentNode:
    """Returns a document with each plain leaf (`title`) once in its selection set.

    Fields of one name are one in the answer: nothing else changes.
    """
    definitions = tuple(map(_unrepeated, document.definitions))
    if all(map(is_, definitions, document.definitions)):
        return document
    return replace(document, definitions=definitions)


def with_variables_alone(document: DocumentNode) -> DocumentNode:
    """Returns a document with only those fields that hold a variable, or lead to one."""
    return DocumentNode(definitions=tuple(map(_definition, document.definitions)))


def _unrepeated(node: N) -> N:
    """Returns a node, the same one where nothing is repeated in it."""
    if isinstance(node, FragmentSpreadNode) or not getattr(node, "selection_set", None):
        return node
    selections = node.selection_set.selections  # type: ignore[attr-defined] # just seen
    kept: list[SelectionNode] = []
    seen: set[str] = set()
    for child in selections:
        if isinstance(child, FieldNode) and _is_plain(child):
            if child.name.value in seen:
                continue
            seen.add(child.name.value)
            kept.append(child)
        else:
            kept.append(_unrepeated(child))
    if len(kept) == len(selections) and all(map(is_, kept, selections)):
        return node
    return _holding(node, tuple(kept))


def _is_plain(node: FieldNode) -> bool:
    return not (node.selection_set or node.alias or node.arguments or node.directives)


def _holding(node: N, selections: tuple[SelectionNode, ...]) -> N:
    held = SelectionSetNode(selections=selections, loc=node.loc)
    return replace(node, selection_set=held)  # type: ignore[call-arg] # has one


def _definition(node: DefinitionNode) -> DefinitionNode:
    if not isinstance(node, OperationDefinitionNode | FragmentDefinitionNode):
        return node
    return _holding(node, _varying(node.selection_set))


def _varying(node: SelectionSetNode | None) -> tuple[SelectionNode, ...]:
    children = (_kept(child) for child in node.selections) if node else ()
    return tuple(child for child in children if child)


def _kept(node: SelectionNode) -> SelectionNode | None:
    if isinstance(node, FragmentSpreadNode):
        return node
    assert isinstance(node, FieldNode | InlineFragmentNode)
    inner = _varying(node.selection_set)
    arguments = node.arguments if isinstance(node, FieldNode) else ()
    varies = any(_holds_variable(argument.value) for argument in arguments or ())
    if inner or varies or any(map(_varies, node.directives or ())):
        return _holding(node, inner) if node.selection_set else node
    return None


def _varies(directive: DirectiveNode) -> bool:
    return any(_holds_variable(argument.value) for argument in directive.arguments or ())


def _holds_variable(value: ValueNode) -> bool:
    if isinstance(value, ListValueNode):
        return any(map(_holds_variable, value.values))
    if isinstance(value, ObjectValueNode):
        return any(_holds_variable(field.value) for field in value.fields)
    return isinstance(value, VariableNode)
