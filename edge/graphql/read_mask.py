"""Read masks (R10, AIP-157): what a document asks of an answer is what a method is asked for.

Paths are those of the resource, of the answer itself or of the items of a page, and go no further
than a list, a map or a message whose JSON is one value (AIP-161). Joins need their own: the
reference, or the key of the owner.
"""

from collections.abc import Iterable, Iterator

from google.protobuf import field_mask_pb2
from graphql import FieldNode, GraphQLObjectType, get_named_type, is_object_type

from edge.contracts.joins import ForwardJoin, ReverseJoin
from edge.contracts.model import Field
from edge.contracts.operations import Operation, masked_list
from edge.graphql.fields import BACKREF, OutputField
from edge.graphql.selection import Selector
from edge.wire import delimited

Asked = tuple[GraphQLObjectType, list[FieldNode]]


def read_mask(
    operation: Operation, type_: object, nodes: list[FieldNode], selector: Selector
) -> bytes:
    """Returns the mask for what the nodes ask of a method's answer, as bytes to add to the request.

    There is none where the method takes none, or where nothing of the resource is asked for.
    """
    field = operation.read_mask_field
    if field is None or not is_object_type(type_):
        return b""
    asked = _resources(operation, type_, nodes, selector)
    paths = _outermost(path for place in asked for path in _paths(*place, selector))
    if not paths:
        return b""
    mask = field_mask_pb2.FieldMask(paths=paths).SerializeToString()
    return delimited((field.number,), mask)


def _resources(
    operation: Operation, type_: GraphQLObjectType, nodes: list[FieldNode], selector: Selector
) -> Iterator[Asked]:
    """Yields the selections that are about the resource: inside of a page or a list, or all."""
    if operation.page:
        yield from _below(type_, nodes, selector, "nodes")
        for edge, inner in _below(type_, nodes, selector, "edges"):
            yield from _below(edge, inner, selector, "node")
        return
    within = masked_list(operation.method)
    if within is None:
        yield type_, nodes
        return
    for name, field in type_.fields.items():
        if _fact(field.extensions.get(BACKREF)) is within:
            yield from _below(type_, nodes, selector, name)


def _below(
    type_: GraphQLObjectType, nodes: list[FieldNode], selector: Selector, name: str
) -> Iterator[Asked]:
    for same in selector.fields(type_, nodes).values():
        if same[0].name.value == name:
            inner = get_named_type(type_.fields[name].type)
            if is_object_type(inner):
                yield inner, same


def _paths(type_: GraphQLObjectType, nodes: list[FieldNode], selector: Selector) -> Iterator[str]:
    for same in selector.fields(type_, nodes).values():
        found = type_.fields.get(same[0].name.value)
        fact = _fact(found.extensions.get(BACKREF)) if found else None  # __typename has none
        if isinstance(fact, ForwardJoin):
            yield fact.field.name
        elif isinstance(fact, ReverseJoin):
            yield fact.owner.key.name
        elif isinstance(fact, Field) and found:
            yield from _of_field(fact, get_named_type(found.type), same, selector)


def _of_field(
    field: Field, inner: object, nodes: list[FieldNode], selector: Selector
) -> Iterator[str]:
    below: list[str] = []
    if is_object_type(inner) and not field.repeated:
        below = list(_paths(inner, nodes, selector))
    yield from (f"{field.name}.{path}" for path in below)
    if not below:
        yield field.name


def _outermost(paths: Iterable[str]) -> list[str]:
    """Returns each path once, in order, without those that are inside another."""
    found = dict.fromkeys(paths)
    return [path for path in found if not any(outer in found for outer in _outer(path))]


def _outer(path: str) -> Iterator[str]:
    while "." in path:
        path = path.rpartition(".")[0]
        yield path


def _fact(definition: object) -> object:
    return definition.fact if isinstance(definition, OutputField) else None
