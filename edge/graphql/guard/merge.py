"""Whether fields that are one in the answer can be merged (GraphQL, 5.3.2).

It refuses what graphql-core's OverlappingFieldsCanBeMergedRule refuses, which compares each field
with each. Here every field is compared with the first of its name: to be of one shape, and to be
the same field with the same arguments, are equivalences. Which fields may differ in all but shape
(those of two object types) is settled by comparing the fields of each object type apart.
"""

from collections.abc import Iterable, Iterator

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLOutputType,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from edge.graphql.guard.fields import Fields, Groups, Selected

NAME_LENGTH_MAX = 100


def find_conflict(fields: Fields, operation: OperationDefinitionNode) -> GraphQLError | None:
    """Returns why the fields of an operation cannot be merged, None where they can."""
    roots = fields.roots(operation)
    return next(_twins(fields, roots), None) or next(_shapes(fields, roots), None)


def _shapes(fields: Fields, groups: Groups) -> Iterator[GraphQLError]:
    """Yields what cannot lie at one place of an answer, whatever the types around it are."""
    for name, alike in groups.items():
        if len(alike) > 1:
            yield from _shape(name, alike)
        yield from _shapes(fields, fields.below(alike))


def _shape(name: str, alike: list[Selected]) -> Iterator[GraphQLError]:
    if any(_streams(field.node) for field in alike):
        yield _conflict(name, "they have overlapping stream directives", alike[0], alike[1])
    typed = [(field, field.definition.type) for field in alike if field.definition]
    for field, type_ in typed[1:]:
        first, first_type = typed[0]
        if type_ is not first_type and not _one_shape(first_type, type_):
            why = f"they return conflicting types '{first_type}' and '{type_}'"
            yield _conflict(name, why, first, field)


def _one_shape(one: GraphQLOutputType, other: GraphQLOutputType) -> bool:
    for is_wrapper in (is_list_type, is_non_null_type):
        if is_wrapper(one) or is_wrapper(other):
            both = is_wrapper(one) and is_wrapper(other)
            return both and _one_shape(one.of_type, other.of_type)  # type: ignore[union-attr] # a wrapper
    return one is other or not (is_leaf_type(one) or is_leaf_type(other))


def _twins(fields: Fields, groups: Groups) -> Iterator[GraphQLError]:
    """Yields what must be the same field with the same arguments, and is not."""
    for name, alike in groups.items():
        for together in _together(alike):
            if len(together) > 1:
                yield from _twin(name, together)
            yield from _twins(fields, fields.below(together))


def _together(alike: list[Selected]) -> Iterable[list[Selected]]:
    """The fields that may be selected for one object: those of its type, and of no object type."""
    apart: dict[GraphQLNamedType, list[Selected]] = {}
    anywhere: list[Selected] = []
    for field in alike:
        if field.parent is not None and is_object_type(field.parent):
            apart.setdefault(field.parent, []).append(field)
        else:
            anywhere.append(field)
    return [own + anywhere for own in apart.values()] or [anywhere]


def _twin(name: str, together: list[Selected]) -> Iterator[GraphQLError]:
    first = together[0]
    called, arguments = first.node.name.value, _arguments(first.node)
    for field in together[1:]:
        if field.node.name.value != called:
            why = f"'{_short(called)}' and '{_short(field.node.name.value)}' are different fields"
            yield _conflict(name, why, first, field)
        elif _arguments(field.node) != arguments:
            yield _conflict(name, "they have differing arguments", first, field)


def _arguments(node: FieldNode) -> dict[str, object]:
    return {argument.name.value: _written(argument.value) for argument in node.arguments or ()}


def _written(value: ValueNode) -> object:
    """Returns a value as it is written, but for the order of the fields of an object."""
    if isinstance(value, ListValueNode):
        return [_written(item) for item in value.values]
    if isinstance(value, ObjectValueNode):
        return {field.name.value: _written(field.value) for field in value.fields}
    if isinstance(value, VariableNode):
        return (VariableNode, value.name.value)
    if isinstance(value, StringValueNode):
        return (StringValueNode, value.value, bool(value.block))
    return (type(value), getattr(value, "value", None))


def _streams(node: FieldNode) -> bool:
    return any(directive.name.value == "stream" for directive in node.directives or ())


def _conflict(name: str, why: str, one: Selected, other: Selected) -> GraphQLError:
    return GraphQLError(
        f"Fields '{_short(name)}' conflict because {why}."
        " Use different aliases on the fields to fetch both if this was intentional.",
        [one.node, other.node],
    )


def _short(name: str) -> str:
    return name if len(name) <= NAME_LENGTH_MAX else f"{name[:NAME_LENGTH_MAX]}…"
