"""Input types and arguments: from what a client writes to the JSON of a request (R8, R16)."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial

from edge.contracts.derived import Derived
from edge.contracts.fields import input_names
from edge.contracts.model import Field, MessageType
from edge.contracts.operations import InputRole, Operation
from edge.contracts.well_known import NULL_VALUE, NULLABLE
from edge.graphql.fields import (
    Argument,
    GraphQLType,
    InputField,
    NullField,
    OneofField,
    definition_of,
    input_type,
    listed,
    optional,
)
from edge.graphql.leaves import JSON, Leaves

# graphql-core hands arguments to a resolver by name, beside these parameters of Strawberry's.
_TAKEN = frozenset({"info", "_source"})

Make = Callable[[Field, str], InputField]
"""Makes the input field of a field under a name."""


class Inputs:
    """The input types of one set of contracts, made as they are asked for."""

    def __init__(self, derived: Derived, leaves: Leaves, first_max: int) -> None:
        self._contracts = derived.contracts
        self._names = derived.names
        self._keys = {name: r.key for name, r in derived.resources.by_message.items()}
        self._leaves = leaves
        self._paging = _paging(first_max)
        self._made: dict[tuple[str, InputRole], GraphQLType] = {}
        self._entries: dict[str, type] = {}
        self._oneofs: dict[str, type] = {}
        self._pending: list[Callable[[], None]] = []

    def arguments(self, operation: Operation, without: Sequence[Field] = ()) -> list[Argument]:
        """Returns an argument for each field of a method's request, save those in `without`.

        A oneof of which a member is left out is left out whole: something else has chosen.
        """
        request = operation.method.input
        chosen = {field.oneof for field in without if field.oneof}
        fields = [
            field
            for field in request.fields
            if field not in without and field.oneof not in chosen and _writable(field)
        ]
        resource = operation.resource_field
        role = operation.role if resource and resource.oneof else InputRole.PLAIN
        make = partial(self._argument, operation)
        return [Argument(field) for field in self._inputs(request, fields, role, make, _TAKEN)]

    def list_arguments(self, operation: Operation, without: Sequence[Field] = ()) -> list[Argument]:
        """Returns the arguments of a list: `first` and `after` in place of the fields of pages."""
        page, mask = operation.page, operation.read_mask_field
        paging = [page.size_field, page.token_field] if page else []
        own = self.arguments(operation, [*without, *paging, *([mask] if mask else [])])
        return [*own, *self._paging]

    def _inputs(
        self,
        message: MessageType,
        fields: Sequence[Field],
        role: InputRole,
        make: Make,
        taken: Collection[str] = (),
    ) -> Iterator[InputField]:
        """Yields what `make` makes of each field; in place of the members of a oneof, one field."""
        inner = input_names(message)
        names = {key: f"{name}_" if name in taken else name for key, name in inner.items()}
        oneofs: dict[str, list[Field]] = {}
        for field in fields:
            if self._in_oneof(message, field):
                oneofs.setdefault(field.oneof, []).append(field)
        for field in fields:
            members = oneofs.get(field.oneof, [])
            if field not in members:
                yield make(field, names[field.name])
            elif field is members[0]:
                made = [make(member, inner[member.name]) for member in members]
                yield self._oneof(message, members, role, names[field.oneof], made)

    def _oneof(
        self,
        owner: MessageType,
        members: Sequence[Field],
        role: InputRole,
        name: str,
        inner: Iterable[InputField],
    ) -> OneofField:
        oneof = members[0].oneof
        made_name = self._names.oneof_input_of(owner.full_name, oneof, role)
        made = self._oneofs.get(made_name)
        if made is None:
            made = input_type(made_name, "Exactly one of them.", fields=list(inner), one_of=True)
            self._oneofs[made_name] = made
        required = oneof in owner.required_oneofs and role is not InputRole.UPDATE
        cleared = [field.json_name for field in members if field.type_name not in NULLABLE]
        return OneofField(name, made if required else optional(made), cleared)

    def _argument(self, operation: Operation, field: Field, name: str) -> InputField:
        resource = field is operation.resource_field
        required = field.required and field is not operation.request_id_field
        type_ = self._item(field, operation.role) if resource else None
        return self._field(
            operation.method.input, field, name, InputRole.PLAIN, required or resource, type_
        )

    def _field(
        self,
        owner: MessageType,
        field: Field,
        name: str,
        role: InputRole,
        required: bool,
        item: GraphQLType | None = None,
    ) -> InputField:
        if field.map_key and field.map_value:
            type_: GraphQLType = listed(
                self._entry(owner, field, field.map_key, field.map_value, role)
            )
        else:
            item = item or self._item(field)
            type_ = listed(_nullable(field, item)) if field.repeated else item
        alone = required and not self._in_oneof(owner, field)
        kind = NullField if field.oneof and field.type_name == NULL_VALUE else InputField
        return kind(
            name,
            field.json_name,
            type_ if alone else optional(type_),
            is_map=field.map_key is not None,
            description=field.comment,
        )

    def _item(self, field: Field, role: InputRole = InputRole.PLAIN) -> GraphQLType:
        return self._leaves.of(field) or self._message(field.type_name, role)

    def _message(self, full_name: str, role: InputRole) -> GraphQLType:
        key = (full_name, role)
        if key not in self._made:
            message = self._contracts.messages[full_name]
            fields = [f for f in message.fields if self._takes(full_name, f, role)]
            if not fields:
                return self._made.setdefault(key, JSON)
            made = input_type(self._names.input_of(full_name, role), message.comment)
            self._made[key] = made  # its fields come later: a message may hold itself
            self._pending.append(lambda: self._fill(made, message, fields, role))
        return self._made[key]

    def finish(self) -> None:
        """Gives every type its fields, which may make further types."""
        while self._pending:
            self._pending.pop()()

    def _fill(self, made: type, message: MessageType, fields: list[Field], role: InputRole) -> None:
        def make(field: Field, name: str) -> InputField:
            required = self._requires(message.full_name, field, role)
            return self._field(message, field, name, role, required)

        definition_of(made).fields.extend(self._inputs(message, fields, role, make))

    def _takes(self, full_name: str, field: Field, role: InputRole) -> bool:
        if role is InputRole.UPDATE:
            return self._names_it(full_name, field) or (
                _writable(field) and "IMMUTABLE" not in field.behaviors
            )
        return _writable(field)

    def _requires(self, full_name: str, field: Field, role: InputRole) -> bool:
        """An update names its resource and sends what changes; all else is whole."""
        named = self._names_it(full_name, field)
        return named if role is InputRole.UPDATE else field.required and not named

    def _in_oneof(self, owner: MessageType, field: Field) -> bool:
        """What names a resource stays an input of its own."""
        return bool(field.oneof) and not self._names_it(owner.full_name, field)

    def _names_it(self, full_name: str, field: Field) -> bool:
        return "IDENTIFIER" in field.behaviors or field is self._keys.get(full_name)

    def _entry(
        self, owner: MessageType, field: Field, key: Field, value: Field, role: InputRole
    ) -> type:
        name = self._names.entry_input_of(owner.full_name, field.name, role)
        if name not in self._entries:
            parts = [
                InputField("key", "key", self._item(key)),
                InputField("value", "value", _nullable(value, self._item(value))),
            ]
            self._entries[name] = input_type(name, field.comment, fields=parts)
        return self._entries[name]


def _paging(first_max: int) -> list[Argument]:
    first, after = f"How many at the most, up to {first_max}.", "The cursor to go on from."
    return [
        Argument(InputField("first", "first", optional(int), description=first)),
        Argument(InputField("after", "after", optional(str), description=after)),
    ]


def _nullable(field: Field, item: GraphQLType) -> GraphQLType:
    """Returns the type of an item of a list or a map, of which null may be a value."""
    return optional(item) if field.type_name in NULLABLE else item


def _writable(field: Field) -> bool:
    return "OUTPUT_ONLY" not in field.behaviors
