"""What types, inputs and root fields are called in GraphQL (R20, R8)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from edge.contracts.claims import Claim, settle
from edge.contracts.joins import Joins
from edge.contracts.model import Contracts, EnumType, MessageType, Method
from edge.contracts.operations import InputRole, Operation, OperationKind
from edge.contracts.reach import Reached, answers, reach, value_of
from edge.contracts.version import packages_of, suffixes
from edge.contracts.words import camel, legal, lower_first, pascal

RESERVED_TYPES = frozenset(
    (
        "Query", "Mutation", "Subscription", "Node", "PageInfo",
        "String", "Int", "Float", "Boolean", "ID",
        "Int64", "UInt64", "UInt32", "Bytes", "DateTime", "Duration", "FieldMask", "JSON",
    )
)  # fmt: skip
RESERVED_FIELDS = {OperationKind.QUERY: frozenset({"node"})}
SCALARS = frozenset(
    f"google.protobuf.{name}"
    for name in (
        "Timestamp", "Duration", "FieldMask", "Any", "Struct", "Value", "ListValue", "Empty",
        "DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value",
        "BoolValue", "StringValue", "BytesValue", "NullValue",
    )
)  # fmt: skip
"""Messages and enums that are GraphQL scalars, and so have no type of their own (R18)."""
_ROOTS = (OperationKind.QUERY, OperationKind.MUTATION, OperationKind.SUBSCRIPTION)


@dataclass(frozen=True)
class Names:
    """The GraphQL names. `conflicts` holds a line for each name that had to be qualified.

    Full names are the keys of `types`, method paths the keys of `fields`. Connections, edges,
    inputs and map entries are `forms` of a message: the name of its type with an ending.
    """

    types: Mapping[str, str]
    forms: Mapping[tuple[str, str], str]
    fields: Mapping[str, str]
    conflicts: tuple[str, ...]

    def type_of(self, full_name: str) -> str:
        """Returns the name of a message's or an enum's type.

        Raises:
            KeyError: no method that the edge offers answers it, nor a join, nor takes the enum.
        """
        return self.types[full_name]

    def connection_of(self, full_name: str) -> str:
        """Returns the name of the connection of a message; raises KeyError as `type_of`."""
        return self.forms[full_name, "Connection"]

    def edge_of(self, full_name: str) -> str:
        """Returns the name of the edge of a message; raises KeyError as `type_of`."""
        return self.forms[full_name, "Edge"]

    def input_of(self, full_name: str, role: InputRole = InputRole.PLAIN) -> str:
        """Returns the name of the input type of a message: `ProductCreateInput` (R8).

        Raises:
            KeyError: no method that the edge offers takes the message in this role.
        """
        return self.forms[full_name, f"{role.value}Input"]

    def entry_of(self, full_name: str, field: str) -> str:
        """Returns the name of the entry type of a map field (its proto name)."""
        return self.forms[full_name, entry_form(field)]

    def entry_input_of(self, full_name: str, field: str, role: InputRole = InputRole.PLAIN) -> str:
        """Returns the name of the entry's input type, by the role of the input that holds it."""
        return self.forms[full_name, f"{entry_form(field)}{role.value}Input"]

    def field_of(self, method: Method) -> str:
        """Returns the root field of a method that the edge offers.

        Raises:
            KeyError: the method is internal, or stays gRPC only.
        """
        return self.fields[method.path]


def find_names(
    contracts: Contracts,
    operations: Mapping[str, Operation],
    joins: Joins,
    bare_packages: Collection[str] = (),
) -> Names:
    """Returns the names of everything that the exposed operations and the joins lead to.

    Of several versions of a package the oldest keeps the bare names, or the one in
    `bare_packages`.
    """
    exposed = [operation for operation in operations.values() if operation.exposed]
    endings = suffixes(packages_of(contracts), bare_packages)
    needed = _Forms(contracts, operations, joins).of(exposed)
    bare = [name for name, forms in needed.items() if "" in forms]
    types = settle((_type_claim(contracts, name, endings) for name in bare), RESERVED_TYPES)
    # The contract's own names come first: what is made of a message makes way for a message.
    forms = settle(
        (
            _form_claim(contracts, name, form, types.names, endings)
            for name, wanted in needed.items()
            for form in wanted
            if form
        ),
        {*RESERVED_TYPES, *types.names.values()},
    )
    fields: dict[str, str] = {}
    conflicts = [*types.conflicts, *forms.conflicts]
    for kind in _ROOTS:
        methods = [operation.method for operation in exposed if operation.kind is kind]
        root = settle((_field_claim(m, endings) for m in methods), RESERVED_FIELDS.get(kind, ()))
        fields.update(root.names)
        conflicts += root.conflicts
    formed = {(key.split()[0], key.split()[1]): name for key, name in forms.names.items()}
    return Names(types.names, formed, fields, tuple(conflicts))


def entry_form(field: str) -> str:
    """Returns what protoc calls the entry message of a map field: `counts` has `CountsEntry`."""
    return f"{pascal(field)}Entry"


class _Forms:
    """Collects which forms of each message and enum the schema needs."""

    def __init__(
        self, contracts: Contracts, operations: Mapping[str, Operation], joins: Joins
    ) -> None:
        self._contracts = contracts
        self._operations = operations
        self._joins = joins
        self._below: list[Operation] = []  # lists on a parent, whose arguments have types too
        self._forms: dict[str, dict[str, None]] = {}

    def of(self, exposed: Iterable[Operation]) -> Mapping[str, tuple[str, ...]]:
        """Returns the forms by full name, in an order that depends on the operations alone."""
        operations = list(exposed)
        self._outputs(name for operation in operations for name in self._answers(operation))
        for operation in (*operations, *self._below):
            self._inputs(operation)
        return {name: tuple(forms) for name, forms in sorted(self._forms.items())}

    def _answers(self, operation: Operation) -> Iterable[str]:
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
        for field in operation.method.input.fields:
            own_role = operation.role if field is operation.resource_field else InputRole.PLAIN
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

    def _need(self, name: str, *forms: str) -> None:
        if name not in SCALARS:
            self._forms.setdefault(name, {}).update(dict.fromkeys(forms))


def _type_claim(contracts: Contracts, name: str, endings: Mapping[str, str]) -> Claim:
    owner = _owner(contracts, name)
    package, joined = pascal(owner.package), "".join(owner.path)
    qualified = "_".join((package, *owner.path)), name.replace(".", "_")
    ladder = (joined + endings[owner.package], package + joined, *qualified)
    return Claim(name, tuple(map(legal, ladder)))


def _form_claim(
    contracts: Contracts,
    name: str,
    form: str,
    types: Mapping[str, str],
    endings: Mapping[str, str],
) -> Claim:
    """A form follows the name of its type, where the message has one; an input may have none."""
    plain, package, *qualified = _type_claim(contracts, name, endings).ladder
    glued = (f"{rung}_{form}" for rung in qualified)
    return Claim(f"{name} {form}", (types.get(name, plain) + form, package + form, *glued))


def _owner(contracts: Contracts, name: str) -> MessageType | EnumType:
    return contracts.messages.get(name) or contracts.enums[name]


def _field_claim(method: Method, endings: Mapping[str, str]) -> Claim:
    """`GetProduct` is `product`, `ListProducts` is `products`; others keep their verb."""
    bare = _without_verb(method.name)
    package = camel(method.package.replace(".", "_"))
    service = pascal(method.service.rpartition(".")[2])
    ladder = (
        lower_first(bare) + endings[method.package],
        _joined_lower(package, bare),
        _joined_lower(package, service + pascal(bare)),
        _joined_lower(package, service + pascal(method.name)),
    )
    return Claim(method.path, tuple(map(legal, ladder)))


def _without_verb(name: str) -> str:
    for verb in ("Get", "List"):
        if name.startswith(verb) and name[len(verb) : len(verb) + 1].isupper():
            return name[len(verb) :]
    return name


def _joined_lower(package: str, rest: str) -> str:
    return package + pascal(rest) if package else lower_first(rest)
