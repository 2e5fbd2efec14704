"""What the edge knows of a set of contracts: plain values, no descriptors.

`load.py` makes them from a FileDescriptorSet; everything else of the edge reads them.
Full names are written without a leading dot: `shop.catalog.v1.Product`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from edge.contracts.constraints import Constraints
from mesh.contracts import MethodFacts


class ContractError(Exception):
    """The contracts contradict themselves; the message names every side."""


class Kind(Enum):
    """The type of a field (FieldDescriptorProto.Type)."""

    DOUBLE = 1
    FLOAT = 2
    INT64 = 3
    UINT64 = 4
    INT32 = 5
    FIXED64 = 6
    FIXED32 = 7
    BOOL = 8
    STRING = 9
    GROUP = 10
    MESSAGE = 11
    BYTES = 12
    UINT32 = 13
    ENUM = 14
    SFIXED32 = 15
    SFIXED64 = 16
    SINT32 = 17
    SINT64 = 18


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of a message.

    `presence` is true where unset differs from the default value. `repeated` is true for lists
    and for maps; a map has `map_key` and `map_value`. `oneof` names a real oneof, never the
    synthetic one of `optional`. `behaviors` holds google.api.field_behavior names (`REQUIRED`);
    `reference` and `child_reference` the type and child_type of google.api.resource_reference;
    `format` the name of the google.api.field_info format (`UUID4`), or empty; `default` the text of
    an explicit default value (proto2). `constraints` are protovalidate's.
    """

    name: str
    json_name: str
    number: int
    kind: Kind
    type_name: str
    repeated: bool
    presence: bool
    oneof: str
    behaviors: frozenset[str]
    reference: str
    child_reference: str
    constraints: Constraints
    default: str
    comment: str
    deprecated: bool
    map_key: "Field | None" = None
    map_value: "Field | None" = None
    format: str = ""

    @property
    def is_message(self) -> bool:
        """True for a message, a list of messages, and a map."""
        return self.kind in (Kind.MESSAGE, Kind.GROUP)

    @property
    def required(self) -> bool:
        """True where the contract asks for a value."""
        return "REQUIRED" in self.behaviors


@dataclass(frozen=True, slots=True)
class ResourceAnnotation:
    """google.api.resource, as written."""

    type: str
    patterns: tuple[str, ...]
    name_field: str
    singular: str
    plural: str


@dataclass(frozen=True, slots=True, eq=False)
class MessageType:
    """One message. `path` holds the simple names from the outermost message inwards.

    Of each of `required_oneofs` one member must be set (protovalidate).
    """

    full_name: str
    package: str
    path: tuple[str, ...]
    file: str
    fields: tuple[Field, ...]
    resource: ResourceAnnotation | None
    comment: str
    deprecated: bool
    required_oneofs: frozenset[str] = frozenset()
    by_name: Mapping[str, Field] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {f.name: f for f in self.fields})

    def field_called(self, name: str) -> Field | None:
        """Returns the field with that proto name or JSON name."""
        found = self.by_name.get(name)
        return found or next((f for f in self.fields if f.json_name == name), None)

    def string_called(self, name: str) -> Field | None:
        """Returns the single string with that proto name."""
        field = self.by_name.get(name)
        return field if field and field.kind is Kind.STRING and not field.repeated else None


@dataclass(frozen=True, slots=True)
class EnumValue:
    """One value of an enum."""

    name: str
    number: int
    comment: str
    deprecated: bool


@dataclass(frozen=True, slots=True, eq=False)
class EnumType:
    """One enum. `path` holds the simple names from the outermost message inwards."""

    full_name: str
    package: str
    path: tuple[str, ...]
    file: str
    values: tuple[EnumValue, ...]
    comment: str
    deprecated: bool


@dataclass(frozen=True, slots=True)
class HttpRule:
    """One binding of google.api.http. `verb` is upper case; `body` is "", "*", or a field."""

    verb: str
    template: str
    body: str
    response_body: str


@dataclass(frozen=True, slots=True)
class RoutingParameter:
    """One parameter of google.api.routing, as written. `field` is a path of proto names."""

    field: str
    path_template: str


@dataclass(frozen=True, slots=True)
class OperationInfo:
    """google.longrunning.operation_info, as full names."""

    response_type: str
    metadata_type: str


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """One method of a service. `http` holds its main binding first; empty means internal (R3).

    `routing` is google.api.routing, None where the method has none (R19). `served_by` names the
    service whose upstream serves the method, where that is not its own: a mixin's is beside it.
    """

    facts: MethodFacts
    package: str
    file: str
    input: MessageType
    output: MessageType
    http: tuple[HttpRule, ...]
    operation: OperationInfo | None
    comment: str
    deprecated: bool
    routing: tuple[RoutingParameter, ...] | None = None
    served_by: str = ""

    @property
    def name(self) -> str:
        """The simple name, `GetProduct`."""
        return self.facts.name

    @property
    def service(self) -> str:
        """The full name of the service."""
        return self.facts.service

    @property
    def path(self) -> str:
        """The HTTP/2 path, `/package.Service/Method`."""
        return self.facts.path

    @property
    def unary(self) -> bool:
        """True where one request gets one answer."""
        return not (self.facts.client_streaming or self.facts.server_streaming)


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """One service and its methods in the order of the file."""

    full_name: str
    package: str
    methods: tuple[Method, ...]
    comment: str
    deprecated: bool


@dataclass(frozen=True, slots=True, eq=False)
class Contracts:
    """A whole set of contracts. Mappings keep the order of the files.

    `image` is the serialized FileDescriptorSet that they were read from.
    `resource_definitions` are the file-level google.api.resource_definition annotations.
    """

    image: bytes
    messages: Mapping[str, MessageType]
    enums: Mapping[str, EnumType]
    services: Mapping[str, Service]
    resource_definitions: tuple[ResourceAnnotation, ...]

    @property
    def methods(self) -> list[Method]:
        """Every method of every service, in the order of the files."""
        return [method for service in self.services.values() for method in service.methods]

    def method(self, path: str) -> Method | None:
        """Returns the method at an HTTP/2 path."""
        service, _, name = path.lstrip("/").partition("/")
        found = self.services.get(service)
        return next((m for m in found.methods if m.name == name), None) if found else None
