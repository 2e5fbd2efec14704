"""Output types: messages, their joins, and Relay's types around them (R4, R5, R7, R8, R9).

Their values are the messages of the answers, connections are `Page`s: a field is a look-up.
"""

import base64
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

import strawberry
from strawberry.types.base import StrawberryOptional

from edge.contracts.derived import Derived
from edge.contracts.fields import NODE_ID, field_names
from edge.contracts.joins import ForwardJoin, ReverseJoin
from edge.contracts.long_running import LongRunning
from edge.contracts.model import Field, Kind, MessageType, Method
from edge.contracts.page_fields import page_fields
from edge.contracts.resources import Resource
from edge.graphql import joins
from edge.graphql.expressions import Expression, attribute, present
from edge.graphql.fields import (
    GraphQLType,
    OutputField,
    definition_of,
    listed,
    object_type,
    optional,
)
from edge.graphql.inputs import Inputs
from edge.graphql.leaves import JSON, Leaves
from edge.graphql.long_running import operation_type, unpack

ID: type = strawberry.ID


class Outputs:
    """The output types of one set of contracts, made as they are asked for."""

    def __init__(self, derived: Derived, leaves: Leaves, inputs: Inputs) -> None:
        self._derived = derived
        self._leaves = leaves
        self._inputs = inputs
        self._made: dict[str, type] = {}
        self._connections: dict[str, type] = {}
        self._operations: dict[str, type] = {}
        self._pending: list[Callable[[], None]] = []
        self._numbers = count()
        self._counted = _counted(derived)
        self._further = page_fields(derived.operations.values())
        self.node = object_type(
            "Node",
            "Something with an id of its own.",
            fields=[_node_id()],
            type_name=lambda value, *_: derived.names.type_of(value.DESCRIPTOR.full_name),
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

    def result(self, method: Method) -> GraphQLType:
        """Returns the type of what a method answers with; a long-running one has its own (R17)."""
        later = self._derived.long_running.get(method.path)
        return self.operation(later) if later else self.answer(method.output.full_name)

    def operation(self, later: LongRunning) -> type:
        """Returns the type of the operation of a long-running method."""
        made = self._operations.get(later.method.path)
        if made is None:
            name = self._derived.names.operation_of(later.method)
            made = self._operations[later.method.path] = operation_type(name, later, self)
        return made

    def unpacked(self, field: str, full_name: str) -> Expression:
        """Returns what reads the message of a type in an Any, null where that is unset."""
        name = f"unpack{next(self._numbers)}"
        text = self._text(full_name, f"{name}(m.{field})")
        text = f"({text} if m.HasField({field!r}) else None)"
        return self._leaves.expression(text, **{name: partial(unpack, full_name)})

    def leaf(self, full_name: str) -> Expression:
        """Returns what reads a method's answer: itself, or its JSON value where that is a leaf."""
        return self._leaves.expression(self._text(full_name, "m"))

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
            resource = self._derived.resources.by_message[message.full_name]
            yield _id_field(resource, next(self._numbers))
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
            self._read(field),
            fact=field,
            description=field.comment,
            deprecated=field.deprecated,
        )

    def _read(self, field: Field) -> Expression:
        """Returns what reads a field, as the JSON mapping has it (R18)."""
        whole = attribute(field.name)
        if field.map_key and field.map_value:
            key = self._leaves.text(field.map_key, "k")
            value = self._item(field.map_value, "v")
            # Protobuf keeps no order of entries; an answer should not change by itself.
            entries = f'[{{"key": {key}, "value": {value}}} for k, v in sorted({whole}.items())]'
            return self._leaves.expression(entries, field.map_key, field.map_value)
        if field.repeated:
            item = self._item(field, "x")
            every = f"[{item} for x in {whole}]" if item != "x" else f"list({whole})"
            return self._leaves.expression(every, field)
        one = self._item(field, whole)
        if field.presence or field.is_message:
            one = f"({one} if {present(field)} else None)"
        return self._leaves.expression(one, field)

    def _item(self, field: Field, inner: str) -> str:
        """Returns the text of one item of a field, which `inner` reads."""
        if field.is_message:
            return self._text(field.type_name, inner)
        return self._leaves.text(field, inner)

    def _text(self, full_name: str, inner: str) -> str:
        hollow = self.answer(full_name) is JSON
        return self._leaves.message_text(full_name, inner) or ("{}" if hollow else inner)

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
            OutputField("key", self._value_type(key), _item("key")),
            OutputField("value", optional(value_type) if hollow else value_type, _item("value")),
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
            fact=join,
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
            fact=join,
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
                OutputField("cursor", str, _item("cursor")),
                OutputField("node", node, _item("node")),
            ],
        )
        fields = [
            OutputField("nodes", listed(node), Expression("m.nodes")),
            OutputField("edges", listed(edge), Expression("m.edges")),
            OutputField("pageInfo", self._page_info, Expression("m.info")),
        ]
        if full_name in self._counted:
            count = "How many there are in all; null where that was not counted."
            fields.append(
                OutputField("totalCount", optional(int), Expression("m.total"), description=count)
            )
        further = self._further.get(full_name, {}).items()
        fields += [self._beside(name, field) for name, field in further]
        return object_type(names.connection_of(full_name), "A page.", fields=fields)

    def _beside(self, name: str, field: Field) -> OutputField:
        """A field of the answer around a page: null where another list gave the page."""
        read, type_ = self._read(field), self._value_type(field)
        text = f"(lambda m: None if m is None else {read.text})(m.holding({field.name!r}))"
        return OutputField(
            name,
            type_ if isinstance(type_, StrawberryOptional) else optional(type_),
            Expression(text, read.scope, read.plan_scope),
            description=field.comment,
            deprecated=field.deprecated,
        )


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


def _id_field(resource: Resource, number: int) -> OutputField:
    name = f"id{number}"  # what makes an id of a key differs from type to type
    text = f"{name}({attribute(resource.key.name)})"
    read = Expression(text, {name: partial(node_id, resource)})
    return OutputField(NODE_ID, ID, read, fact=resource.key, description=_ID_COMMENT)


_ID_COMMENT = "Opaque; `node` takes it."


def _node_id() -> OutputField:
    """The field of the interface alone: graphql-core asks the type that implements it."""
    return OutputField(NODE_ID, ID, Expression("m.id"), description=_ID_COMMENT)


def _item(name: str) -> Expression:
    return Expression(f"m[{name!r}]")


def _page_info() -> type:
    fields = [
        OutputField("hasNextPage", bool, _item("hasNextPage")),
        OutputField("hasPreviousPage", bool, _item("hasPreviousPage")),
        OutputField("startCursor", optional(str), _item("startCursor")),
        OutputField("endCursor", optional(str), _item("endCursor")),
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
