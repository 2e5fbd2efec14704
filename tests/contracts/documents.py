"""A GraphQL client's side: documents made from nothing but the introspected schema."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from tests.contracts.filling import UNKNOWN_NUMBER

DEPTH = 2
WIDTH_MAX = 40
SCALARS: dict[str, Any] = {
    "Int": 2, "Float": 1.5, "Boolean": True, "String": "things/t-1", "ID": "x", "Int64": "7",
    "UInt64": "7", "UInt32": 7, "Bytes": "AQI=", "DateTime": "2030-01-31T12:00:00Z",
    "Duration": "3.500s", "FieldMask": "name", "JSON": {},
}  # fmt: skip


def document(operation: str, name: str, field: GraphQLField) -> str:
    """Returns a document that asks for one root field with all its leaves, two messages deep."""
    return f"{operation} {{ {_called(name, field)} {selection(get_named_type(field.type))} }}"


def choices(
    operation: str, name: str, field: GraphQLField
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yields for each member of each oneof that a root field takes a document that chooses it.

    With it comes where: the argument that the oneof is in, if there is one, and the member.
    """
    for argument, declared in field.args.items():
        kind = get_named_type(declared.type)
        for inside, member, value in _choices(kind):
            if inside:
                rest = [part for part in _members(kind) if not part.startswith(f"{inside}:")]
                value = f"{{{', '.join([*rest, f'{inside}: {value}'])}}}"
            head = _called(name, field, {argument: value})
            text = f"{operation} {{ {head} {selection(get_named_type(field.type), 0)} }}"
            yield (argument,) if inside else (), member, text


def _choices(kind: GraphQLNamedType) -> Iterator[tuple[str, str, str]]:
    if not isinstance(kind, GraphQLInputObjectType):
        return
    if kind.is_one_of:
        yield from _chosen("", kind)
        return
    for inside, declared in kind.fields.items():
        inner = get_named_type(declared.type)
        if isinstance(inner, GraphQLInputObjectType) and inner.is_one_of:
            yield from _chosen(inside, inner)


def _chosen(inside: str, kind: GraphQLInputObjectType) -> Iterator[tuple[str, str, str]]:
    for member, declared in kind.fields.items():
        yield inside, member, f"{{{member}: {_value(declared.type)}}}"


def selection(kind: GraphQLNamedType, depth: int = DEPTH) -> str:
    """Returns a selection of a type's leaves, and of the objects below it."""
    if not isinstance(kind, GraphQLObjectType):
        return ""
    if _is_connection(kind):
        nodes = get_named_type(kind.fields["nodes"].type)
        return f"{{ nodes {selection(nodes, depth)} pageInfo {{ hasNextPage endCursor }} }}"
    parts = [part for name, field in kind.fields.items() for part in _part(name, field, depth)]
    return f"{{ __typename {' '.join(parts[:WIDTH_MAX])} }}"


def _part(name: str, field: GraphQLField, depth: int) -> Iterator[str]:
    inner = get_named_type(field.type)
    if any(map(is_required_argument, field.args.values())):
        return
    if is_leaf_type(inner):
        yield name
    elif depth and isinstance(inner, GraphQLObjectType):
        yield f"{_called(name, field)} {selection(inner, depth - 1)}"


def _called(name: str, field: GraphQLField, given: Mapping[str, str] | None = None) -> str:
    wanted = {
        argument: _value(declared.type)
        for argument, declared in field.args.items()
        if is_required_argument(declared) or argument == "first"
    }
    wanted |= given or {}
    words = ", ".join(f"{argument}: {value}" for argument, value in wanted.items())
    return f"{name}({words})" if words else name


def _value(kind: GraphQLInputType) -> str:
    """A value of a type, as a document writes it; of inputs only what they require."""
    if isinstance(kind, GraphQLNonNull):
        return _value(kind.of_type)
    if isinstance(kind, GraphQLList):
        return f"[{_value(kind.of_type)}]"
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        return f"{{{', '.join(_members(kind))}}}"
    return json.dumps(SCALARS[kind.name])


def _members(kind: GraphQLInputObjectType) -> Iterator[str]:
    """The required members; of a oneOf exactly one; of an update one more than nothing."""
    required = {n: f for n, f in kind.fields.items() if is_required_input_field(f)}
    leaves = {n: f for n, f in kind.fields.items() if is_leaf_type(get_named_type(f.type))}
    if kind.is_one_of:
        required = dict(list((leaves or kind.fields).items())[:1])
    elif kind.name.endswith("UpdateInput"):
        required |= dict([item for item in leaves.items() if item[0] not in required][:1])
    for name, member in required.items():
        yield f"{name}: {_value(member.type)}"


def _is_connection(kind: GraphQLObjectType) -> bool:
    return {"nodes", "edges", "pageInfo"} <= set(kind.fields)


def differences(data: Any, expected: Any, path: str = "") -> Iterator[str]:
    """Yields where an answer says other than the JSON of the message; joins are looked through."""
    match data, expected:
        case dict(), dict():
            yield from _in_objects(data, expected, path)
        case dict(), str():
            if data.get("name", expected) != expected:
                yield f"{path}: {data['name']!r} was fetched for {expected!r}"
        case list(), dict():
            entries = {str(entry["key"]): entry["value"] for entry in data if "value" in entry}
            yield from differences(entries, expected, path)
        case list(), list():
            if len(data) != len(expected):
                yield f"{path}: {len(data)} items, not {len(expected)}"
            for index, pair in enumerate(zip(data, expected, strict=False)):
                yield from differences(*pair, f"{path}[{index}]")
        case _ if not _same(data, expected):
            yield f"{path}: {data!r}, not {expected!r}"


def _in_objects(data: dict[str, Any], expected: dict[str, Any], path: str) -> Iterator[str]:
    """Names that GraphQL alone has are passed over, but some of the root must be the message's."""
    if "nodes" in data:
        lists = [value for value in expected.values() if isinstance(value, list)]
        yield from differences(data["nodes"], next(iter(lists), None), f"{path}.nodes")
        return
    shared = (data.keys() & expected.keys()) - {"id"}
    if not (path or shared) and expected and data.keys() > {"__typename"}:
        yield f"{path}: nothing of {sorted(expected)} in {sorted(data)}"
    for name in shared:
        yield from differences(data[name], expected[name], f"{path}.{name}")


def _same(data: Any, expected: Any) -> bool:
    """Equal; or an enum without its prefix; or null for a number without name, or no reference."""
    if isinstance(data, str) and isinstance(expected, str):
        return data == expected or expected.endswith(f"_{data}")
    return bool(data == expected) or (data is None and expected in (UNKNOWN_NUMBER, ""))
