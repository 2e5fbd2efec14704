"""What types, inputs and root fields are called in GraphQL (R20, R8)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.contracts.claims import Claim, Settlement, settle
from edge.contracts.forms import Forms, entry_form, oneof_form
from edge.contracts.joins import Joins
from edge.contracts.long_running import LongRunning
from edge.contracts.model import Contracts, EnumType, MessageType, Method
from edge.contracts.operations import InputRole, Operation, OperationKind
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
MIXINS = frozenset(
    ("google.iam.v1.IAMPolicy", "google.longrunning.Operations", "google.cloud.location.Locations")
)
"""Services that others take in beside their own methods, which may have methods of such names."""
_ROOTS = (OperationKind.QUERY, OperationKind.MUTATION, OperationKind.SUBSCRIPTION)


@dataclass(frozen=True)
class Names:
    """The GraphQL names. `conflicts` holds a line for each name that had to be qualified.

    Full names are the keys of `types`, method paths the keys of `fields`, `operations` and `polls`.
    Connections, edges, inputs and map entries are `forms` of a message: the name of its type with
    an ending.
    """

    types: Mapping[str, str]
    forms: Mapping[tuple[str, str], str]
    fields: Mapping[str, str]
    operations: Mapping[str, str]
    polls: Mapping[str, str]
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

    def oneof_input_of(self, full_name: str, oneof: str, role: InputRole = InputRole.PLAIN) -> str:
        """Returns the name of the input type of a oneof: `ProductPriceCreateInput` (R16)."""
        return self.forms[full_name, oneof_form(oneof, role)]

    def field_of(self, method: Method) -> str:
        """Returns the root field of a method that the edge offers.

        Raises:
            KeyError: the method is internal, or stays gRPC only.
        """
        return self.fields[method.path]

    def operation_of(self, method: Method) -> str:
        """Returns the type of a method's operation: `ImportProductsOperation` (R17)."""
        return self.operations[method.path]

    def poll_of(self, method: Method) -> str:
        """Returns the root field, of queries and of subscriptions, that polls such an operation."""
        return self.polls[method.path]


def find_names(
    contracts: Contracts,
    operations: Mapping[str, Operation],
    joins: Joins,
    long_running: Mapping[str, LongRunning],
    bare_packages: Collection[str] = (),
) -> Names:
    """Returns the names of everything that the exposed operations and the joins lead to.

    Of several versions of a package the oldest keeps the bare names, or the one in
    `bare_packages`.
    """
    exposed = [operation for operation in operations.values() if operation.exposed]
    endings = suffixes(packages_of(contracts), bare_packages)
    needed = Forms(contracts, operations, joins, long_running)
    needed.add(exposed)
    bare = (_type_claim(contracts, name, endings) for name in sorted(needed.bare))
    types = settle(bare, RESERVED_TYPES)
    made = _made(contracts, needed, types.names, endings)
    fields = _root_fields(exposed, endings)
    taken = {*RESERVED_TYPES, *types.names.values(), *made.names.values()}
    operations_, polls = _later(long_running.values(), endings, taken, fields.names.values())
    conflicts = [c for found in (types, made, fields, operations_, polls) for c in found.conflicts]
    formed = {(key.split()[0], key.split()[1]): name for key, name in made.names.items()}
    return Names(
        types.names, formed, fields.names, operations_.names, polls.names, tuple(conflicts)
    )


def _made(
    contracts: Contracts, needed: Forms, types: Mapping[str, str], endings: Mapping[str, str]
) -> Settlement:
    """Settles the forms of messages.

    The contract's own names come first: what is made of a message makes way for a message, and what
    is made of a part of it for what is made of a whole.
    """
    names: dict[str, str] = {}
    conflicts: list[str] = []
    for wanted in (needed.made, needed.parts):
        claims = (_form_claim(contracts, *key, types, endings) for key in sorted(wanted))
        found = settle(claims, {*RESERVED_TYPES, *types.values(), *names.values()})
        names |= found.names
        conflicts += found.conflicts
    return Settlement(names, tuple(conflicts))


def _root_fields(exposed: Sequence[Operation], endings: Mapping[str, str]) -> Settlement:
    """Settles the fields of each root. Mixins, which many contracts import, make way."""
    names: dict[str, str] = {}
    conflicts: list[str] = []
    for kind in _ROOTS:
        taken = set(RESERVED_FIELDS.get(kind, ()))
        for mixed in (False, True):
            methods = (o.method for o in exposed if o.kind is kind)
            claims = (_field_claim(m, endings) for m in methods if (m.service in MIXINS) is mixed)
            found = settle(claims, taken)
            taken |= {*found.names.values()}
            names |= found.names
            conflicts += found.conflicts
    return Settlement(names, tuple(conflicts))


def _later(
    methods: Iterable[LongRunning],
    endings: Mapping[str, str],
    types: Collection[str],
    fields: Collection[str],
) -> tuple[Settlement, Settlement]:
    """Settles what is made of long-running methods, which makes way for what is the contract's."""
    known = list(methods)
    operations = settle((_operation_claim(m.method, endings) for m in known), types)
    polled = [_poll_claim(m.method, endings) for m in known if m.poll]
    return operations, settle(polled, {*fields, *RESERVED_FIELDS[OperationKind.QUERY]})


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


def _operation_claim(method: Method, endings: Mapping[str, str]) -> Claim:
    package, service = pascal(method.package), pascal(method.service.rpartition(".")[2])
    name = f"{pascal(method.name)}Operation"
    ladder = (name + endings[method.package], package + name, package + service + name)
    return Claim(method.path, tuple(map(legal, ladder)))


def _poll_claim(method: Method, endings: Mapping[str, str]) -> Claim:
    package = camel(method.package.replace(".", "_"))
    service = pascal(method.service.rpartition(".")[2])
    name = f"{method.name}Operation"
    ladder = (
        lower_first(name) + endings[method.package],
        _joined_lower(package, name),
        _joined_lower(package, service + pascal(name)),
    )
    return Claim(method.path, tuple(map(legal, ladder)))


def _without_verb(name: str) -> str:
    for verb in ("Get", "List"):
        if name.startswith(verb) and name[len(verb) : len(verb) + 1].isupper():
            return name[len(verb) :]
    return name


def _joined_lower(package: str, rest: str) -> str:
    return package + pascal(rest) if package else lower_first(rest)
