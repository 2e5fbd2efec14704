"""Output types: messages, their joins, and Relay's types around them (R4, R5, R7, R8, R9).

Their values are the JSON objects of the codec, connections are `Page`s: a field is a look-up.
"""

import base64
from collections.abc import Callable, Iterator
from operator import attrgetter, itemgetter
from typing import Any

import strawberry

from edge.codec import JsonValue
from edge.contracts.derived import Derived
from edge.contracts.fields import NODE_ID, field_names
from edge.contracts.joins import ForwardJoin, ReverseJoin
from edge.contracts.model import Field, Kind, MessageType
from edge.contracts.resources import Resource
from edge.graphql import joins
from edge.graphql.fields import (
    GraphQLType,
    OutputField,
    Read,
    definition_of,
    listed,
    object_type,
    optional,
)
from edge.graphql.inputs import Inputs
from edge.graphql.leaves import JSON, Leaves

ID: type = strawberry.ID


class Outputs:
    """The output types of one set of contracts, made as they are asked for."""

    def __init__(self, derived: Derived, leaves: Leaves, inputs: Inputs) -> None:
        self._derived = derived
        self._leaves = leaves
        self._inputs = inputs
        self._made: dict[str, type] = {}
        self._connections: dict[str, type] = {}
        self._pending: list[Callable[[], None]] = []
        self._counted = _counted(derived)
        self.node = object_type(
            "Node", "Something with an id of its own.", fields=[_node_id()], is_interface=True
        )
        self._page_info = _page_info()

    def message(self, full_name: str) -> type:
        """Returns the type of a message; one without fields is the JSON scalar."""
        made = self._made.get(full_name)
        if made is None:
            message = self._derived.contracts.messages[full_name]
            made = self._made[full_name] = self._shell(message)
            if made is not JSON:
                self._pending.append(lambda: self._fill(made, message))
        return made

    def answer(self, full_name: str) -> GraphQLType:
        """Returns the type of what a method answers with: a message, or a well-known scalar."""
        return self._leaves.message(full_name) or self.message(full_name)

    def connection(self, full_name: str) -> type:
        """Returns the type of a page of messages."""
        made = self._connections.get(full_name)
        if made is None:
            made = self._connections[full_name] = self._connection(full_name)
        return made

    def finish(self) -> None:
        """Gives every type its fields, which may make further types."""
        while self._pending:
            self._pending.pop()()

    def nodes(self) -> list[type]:
        """Returns the types that implement Node: `node` alone leads to some of them."""
        return [self.message(name) for name in self._made if self._is_node(name)]

    def _shell(self, message: MessageType) -> type:
        if not any(map(_readable, message.fields)):
            return JSON
        node = self._is_node(message.full_name)
        return object_type(
            self._derived.names.type_of(message.full_name),
            message.comment,
            interfaces=[self.node] if node else [],
        )

    def _is_node(self, full_name: str) -> bool:
        fetchers = self._derived.fetchers.get(full_name)
        return fetchers is not None and fetchers.joinable

    def _fill(self, made: type, message: MessageType) -> None:
        definition_of(made).fields.extend(self._fields(message))

    def _fields(self, message: MessageType) -> Iterator[OutputField]:
        node = self._is_node(message.full_name)
        if node:
            yield _id_field(self._derived.resources.by_message[message.full_name])
        forward = {j.field.name: j for j in self._derived.joins.forward.get(message.full_name, ())}
        names = field_names(message, node=node)
        for field in filter(_readable, message.fields):
            join = forward.get(field.name)
            if join is None:
                yield self._plain(message, field, names[field.name])
                continue
            yield self._forward(join)
            if join.raw_name:
                yield self._plain(message, field, join.raw_name)
        for reverse in self._derived.joins.reverse.get(message.full_name, ()):
            yield self._reverse(reverse)

    def _plain(self, message: MessageType, field: Field, name: str) -> OutputField:
        if field.map_key and field.map_value:
            type_: GraphQLType = listed(self._entry(message, field, field.map_key, field.map_value))
        else:
            type_ = self._value_type(field)
        return OutputField(
            name,
            type_,
            _read(field),
            description=field.comment,
            deprecated=field.deprecated,
        )

    def _value_type(self, field: Field) -> GraphQLType:
        """Returns the type with its nullability (R8)."""
        item = self._leaves.of(field) or self.message(field.type_name)
        hollow = field.kind is Kind.ENUM or item is JSON
        if field.repeated:
            return listed(optional(item) if hollow else item)
        return optional(item) if hollow or field.presence or field.is_message else item

    def _entry(self, message: MessageType, field: Field, key: Field, value: Field) -> type:
        value_type = self._leaves.of(value) or self.message(value.type_name)
        hollow = value.kind is Kind.ENUM or value_type is JSON
        fields = [
            OutputField("key", self._value_type(key), itemgetter("key")),
            OutputField(
                "value", optional(value_type) if hollow else value_type, itemgetter("value")
            ),
        ]
        name = self._derived.names.entry_of(message.full_name, field.name)
        return object_type(name, field.comment, fields=fields)

    def _forward(self, join: ForwardJoin) -> OutputField:
        target = self.message(join.target.message.full_name)
        key_name = field_names(join.target.message, node=True)[join.target.key.name]
        known = {key_name, NODE_ID, "__typename"}
        return OutputField(
            join.name,
            listed(optional(target)) if join.repeated else optional(target),
            resolve=joins.forward(join, known),
            description=join.field.comment,
            deprecated=join.field.deprecated,
        )

    def _reverse(self, join: ReverseJoin) -> OutputField:
        operation = self._derived.operations[join.list_method.path]
        without = [join.parent_field]
        return OutputField(
            join.name,
            optional(self.connection(join.child.message.full_name)),
            resolve=joins.reverse(join),
            arguments=self._inputs.list_arguments(operation, without),
            description=f"Its {join.name}. {join.list_method.comment}",
            deprecated=join.list_method.deprecated,
        )

    def _connection(self, full_name: str) -> type:
        names, node = self._derived.names, self.message(full_name)
        edge = object_type(
            names.edge_of(full_name),
            "A node and the cursor behind it.",
            fields=[
                OutputField("cursor", str, itemgetter("cursor")),
                OutputField("node", node, itemgetter("node")),
            ],
        )
        fields = [
            OutputField("nodes", listed(node), attrgetter("nodes")),
            OutputField("edges", listed(edge), attrgetter("edges")),
            OutputField("pageInfo", self._page_info, attrgetter("info")),
        ]
        if full_name in self._counted:
            count = "How many there are in all; null where that was not counted."
            fields.append(
                OutputField("totalCount", optional(int), attrgetter("total"), description=count)
            )
        return object_type(names.connection_of(full_name), "A page.", fields=fields)


def node_id(resource: Resource, key: str) -> str:
    """Returns the opaque id of a resource (R7)."""
    return base64.urlsafe_b64encode(f"{resource.message.full_name}\n{key}".encode()).decode()


def read_node_id(id_: str) -> tuple[str, str] | None:
    """Returns the message and the key that an opaque id holds, None for any other text."""
    try:
        text = base64.urlsafe_b64decode(id_).decode()
    except ValueError:
        return None
    full_name, newline, key = text.partition("\n")
    return (full_name, key) if newline else None


def _id_field(resource: Resource) -> OutputField:
    key = resource.key.json_name
    return OutputField(
        NODE_ID, ID, lambda source: node_id(resource, source[key]), description=_ID_COMMENT
    )


_ID_COMMENT = "Opaque; `node` takes it."


def _node_id() -> OutputField:
    return OutputField(NODE_ID, ID, itemgetter(NODE_ID), description=_ID_COMMENT)


def _page_info() -> type:
    fields = [
        OutputField("hasNextPage", bool, itemgetter("hasNextPage")),
        OutputField("hasPreviousPage", bool, itemgetter("hasPreviousPage")),
        OutputField("startCursor", optional(str), itemgetter("startCursor")),
        OutputField("endCursor", optional(str), itemgetter("endCursor")),
    ]
    return object_type("PageInfo", "Where a page lies in its list.", fields=fields)


def _counted(derived: Derived) -> set[str]:
    """Returns the messages of which some list says how many there are."""
    pages = [o.page for o in derived.operations.values() if o.page]
    reverse = [join for found in derived.joins.reverse.values() for join in found]
    counted = {page.items_field.type_name for page in pages if page.total_field}
    batched = {j.child.message.full_name for j in reverse if j.batch and j.batch.entry_total_field}
    return counted | batched


def _readable(field: Field) -> bool:
    return "INPUT_ONLY" not in field.behaviors


def _read(field: Field) -> Read:
    name = field.json_name
    if field.map_key and field.map_value:
        return _read_map(name, field.map_key, field.map_value)
    if field.kind is Kind.ENUM:
        if field.repeated:
            return lambda source: [_enum(value) for value in source[name]]
        return lambda source: _enum(source.get(name))
    if field.presence or field.is_message:
        return lambda source: source.get(name)
    return itemgetter(name)


def _read_map(name: str, key: Field, value: Field) -> Read:
    read_key = _KEYS.get(key.kind, _same)
    read_value = _enum if value.kind is Kind.ENUM else _same
    return lambda source: [
        {"key": read_key(k), "value": read_value(v)} for k, v in source[name].items()
    ]


def _same(value: Any) -> Any:
    return value


def _enum(value: JsonValue) -> JsonValue:
    """An enum's name; a number that the contract does not know is null."""
    return value if isinstance(value, str) else None


_KEYS: dict[Kind, Read] = {
    Kind.BOOL: lambda key: key == "true",
    Kind.INT32: int,
    Kind.SINT32: int,
    Kind.SFIXED32: int,
    Kind.UINT32: int,
    Kind.FIXED32: int,
}
