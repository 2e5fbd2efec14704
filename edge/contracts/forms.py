"""Which types the schema needs for each message and enum: outputs, inputs by role, pages, parts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from edge.contracts.fields import oneofs
from edge.contracts.joins import Joins
from edge.contracts.long_running import STATUS, LongRunning
from edge.contracts.model import Contracts, Field, MessageType
from edge.contracts.operations import InputRole, Operation
from edge.contracts.reach import Reached, answers, reach, value_of
from edge.contracts.words import pascal

SCALARS = frozenset(
    f"google.protobuf.{name}"
    for name in (
        "Timestamp", "Duration", "FieldMask", "Any", "Struct", "Value", "ListValue", "Empty",
        "DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value",
        "BoolValue", "StringValue", "BytesValue", "NullValue",
    )
)  # fmt: skip
"""Messages and enums that are GraphQL scalars, and so have no type of their own (R18)."""


def entry_form(field: str) -> str:
    """Returns what protoc calls the entry message of a map field: `counts` has `CountsEntry`."""
    return f"{pascal(field)}Entry"


def oneof_form(oneof: str, role: InputRole) -> str:
    """Returns the ending of a oneof's input type."""
    return f"{pascal(oneof)}{role.value}Input"


class Forms:
    """Collects which types the schema needs for each message and enum.

    `bare` holds the full names of those that have a type of their own name. `made` is what is made
    of a message beside it, `parts` what is made of a oneof of it: a full name and an ending each.
    """

    def __init__(
        self,
        contracts: Contracts,
        operations: Mapping[str, Operation],
        joins: Joins,
        long_running: Mapping[str, LongRunning],
    ) -> None:
        self._contracts = contracts
        self._operations = operations
        self._joins = joins
        self._long_running = long_running
        self._below: list[Operation] = []  # lists on a parent, whose arguments have types too
        self.bare: set[str] = set()
        self.made: set[tuple[str, str]] = set()
        self.parts: set[tuple[str, str]] = set()

    def add(self, operations: Sequence[Operation]) -> None:
        """Adds what the root fields of some operations lead to."""
        self._outputs(name for operation in operations for name in self._answers(operation))
        for operation in (*operations, *self._below):
            self._inputs(operation)

    def _answers(self, operation: Operation) -> Iterable[str]:
        later = self._long_running.get(operation.method.path)
        if later:
            return STATUS, later.response_type, later.metadata_type
        if operation.page is None:
            return answers(operation.method)
        self._connection(operation.page.items_field.type_name)
        return (operation.page.items_field.type_name,)

    def _connection(self, name: str) -> None:
        self._need(name, "", "Connection", "Edge")

    def _outputs(self, roots: Iterable[str]) -> None:
        """Follows fields and joins until nothing new is met."""
        waiting = list(roots)
        seen: set[str] = set()
        while waiting:
            reached = reach(self._contracts, waiting)
            waiting = []
            for name in reached.messages.keys() - seen:
                self._output(name)
                waiting += self._joined(name)
            seen |= reached.messages.keys()
            self._enums(reached)
            waiting = [name for name in waiting if name not in seen]

    def _output(self, name: str) -> None:
        self._need(name, "")
        for field in self._contracts.messages[name].fields:
            if field.map_key and "INPUT_ONLY" not in field.behaviors:
                self._need(name, entry_form(field.name))

    def _joined(self, name: str) -> Iterator[str]:
        for forward in self._joins.forward.get(name, ()):
            yield forward.target.message.full_name
        for reverse in self._joins.reverse.get(name, ()):
            self._connection(reverse.child.message.full_name)
            self._below.append(self._operations[reverse.list_method.path])
            yield reverse.child.message.full_name

    def _inputs(self, operation: Operation) -> None:
        self._oneofs(operation.method.input, InputRole.PLAIN)
        resource = operation.resource_field
        if resource and resource.oneof:
            self._oneofs(operation.method.input, operation.role)
        for field in operation.method.input.fields:
            own_role = operation.role if field is resource else InputRole.PLAIN
            inner = value_of(field)
            if field.map_key:
                self._need(operation.method.input.full_name, "", entry_form(field.name) + "Input")
            if inner.type_name in self._contracts.messages:
                self._input(inner.type_name, own_role)
            elif inner.type_name in self._contracts.enums:
                self._need(inner.type_name, "")

    def _input(self, name: str, role: InputRole) -> None:
        self._input_forms(name, role)
        inner = (
            value_of(field).type_name
            for field in self._contracts.messages[name].fields
            if "OUTPUT_ONLY" not in field.behaviors
        )
        reached = reach(self._contracts, inner, without="OUTPUT_ONLY")
        for nested in reached.messages:
            self._input_forms(nested, InputRole.PLAIN)
        self._enums(reached)

    def _input_forms(self, name: str, role: InputRole) -> None:
        self._need(name, f"{role.value}Input")
        self._oneofs(self._contracts.messages[name], role)
        for field in self._contracts.messages[name].fields:
            if "OUTPUT_ONLY" in field.behaviors:
                continue
            if field.map_key:
                self._need(name, f"{entry_form(field.name)}{role.value}Input")
            if field.type_name in self._contracts.enums:
                self._need(field.type_name, "")

    def _enums(self, reached: Reached) -> None:
        for name in reached.enums:
            self._need(name, "")

    def _oneofs(self, message: MessageType, role: InputRole) -> None:
        for oneof, members in oneofs(message).items():
            if message.full_name not in SCALARS and any(map(_writable, members)):
                self.parts.add((message.full_name, oneof_form(oneof, role)))

    def _need(self, name: str, *forms: str) -> None:
        if name not in SCALARS:
            self.bare |= {name} if "" in forms else set()
            self.made |= {(name, form) for form in forms if form}


def _writable(field: Field) -> bool:
    return "OUTPUT_ONLY" not in field.behaviors
