"""Reads a FileDescriptorSet into the model: the one place of the edge that walks descriptors."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from google.api import (
    annotations_pb2,
    field_behavior_pb2,
    field_info_pb2,
    http_pb2,
    resource_pb2,
    routing_pb2,
)
from google.longrunning import operations_pb2
from google.protobuf import descriptor_pb2 as d
from google.protobuf.message import DecodeError

from buf.validate import validate_pb2
from edge.contracts.constraints import NONE, constraints_of
from edge.contracts.error_details import add_error_details
from edge.contracts.identifiers import check_identifiers
from edge.contracts.model import (
    ContractError,
    Contracts,
    EnumType,
    EnumValue,
    Field,
    HttpRule,
    Kind,
    MessageType,
    Method,
    OperationInfo,
    ResourceAnnotation,
    RoutingParameter,
    Service,
)
from edge.contracts.overlay import overlaid
from mesh.contracts import MethodFacts, facts_of_method

_RULES: Any = validate_pb2.field  # its stub says of no extension what it extends
_ONEOF_RULES: Any = validate_pb2.oneof
_KINDS = {kind.value: kind for kind in Kind}
_INTERNAL = re.compile(r"\(--.*?--\)", re.DOTALL)
Path_ = tuple[int, ...]
_MESSAGE, _ENUM, _SERVICE = 4, 5, 6  # field numbers of FileDescriptorProto
_FIELD, _NESTED, _NESTED_ENUM, _VALUE, _METHOD = 2, 3, 4, 2, 2


def load_contracts(path: Path, overlays: Sequence[Path] = ()) -> Contracts:
    """Returns the contracts of a compiled image (`protoc --descriptor_set_out --include_imports`).

    The rules of overlays count as if they were written in the contracts.

    Raises:
        ContractError: a file cannot be read, is no image, or lacks an import; a rule is wrong.
    """
    try:
        return read_contracts(overlaid(path.read_bytes(), overlays))
    except OSError as error:
        raise ContractError(f"cannot read the contracts {path}: {error.strerror}") from error
    except DecodeError as error:
        raise ContractError(f"{path} is not a FileDescriptorSet") from error


def read_contracts(image: bytes) -> Contracts:
    """Returns the contracts of a serialized FileDescriptorSet.

    Raises:
        ContractError: a type is used that the image does not hold, or a name is none.
        DecodeError: the bytes are no FileDescriptorSet.
    """
    known = d.FileDescriptorSet.FromString(image)
    files = known.file
    if add_error_details(known) | _name_json(files):
        image = known.SerializeToString()
    readers = [_FileReader(file) for file in files]
    found = {m.full_name: m for reader in readers for m in reader.messages()}
    messages = _with_maps(found, {name for reader in readers for name in reader.map_entries})
    definitions = (
        definition
        for file in files
        for definition in file.options.Extensions[resource_pb2.resource_definition]
    )
    contracts = Contracts(
        image=image,
        messages=messages,
        enums={e.full_name: e for reader in readers for e in reader.enums()},
        services={s.full_name: s for reader in readers for s in reader.services(messages)},
        resource_definitions=tuple(map(_resource, definitions)),
    )
    check_identifiers(contracts)
    return contracts


def _name_json(files: Iterable[d.FileDescriptorProto]) -> bool:
    """Gives fields the JSON name that not every producer of images writes; True where one got it.

    Server reflection in Python leaves them out; the codec, which reads the image, needs them.
    """
    messages = [message for file in files for message in file.message_type]
    named = False
    while messages:
        message = messages.pop()
        messages += message.nested_type
        for field in message.field:
            if not field.json_name:
                head, *words = field.name.split("_")
                field.json_name = head + "".join(word[:1].upper() + word[1:] for word in words)
                named = True
    return named


class _FileReader:
    """Reads one file; knows its comments."""

    def __init__(self, file: d.FileDescriptorProto) -> None:
        self.file = file
        self.proto3 = file.syntax == "proto3"
        self.map_entries: set[str] = set()
        self.comments = {
            tuple(location.path): _text(comment)
            for location in file.source_code_info.location
            if (comment := location.leading_comments or location.trailing_comments)
        }

    def messages(self) -> Iterator[MessageType]:
        for index, message in enumerate(self.file.message_type):
            yield from self._message(message, (), (_MESSAGE, index))

    def enums(self) -> Iterator[EnumType]:
        for index, enum in enumerate(self.file.enum_type):
            yield self._enum(enum, (), (_ENUM, index))
        for index, message in enumerate(self.file.message_type):
            yield from self._nested_enums(message, (), (_MESSAGE, index))

    def services(self, messages: dict[str, MessageType]) -> Iterator[Service]:
        for index, service in enumerate(self.file.service):
            place = (_SERVICE, index)
            full_name = self._full((service.name,))
            yield Service(
                full_name=full_name,
                package=self.file.package,
                methods=tuple(
                    self._method(service, method, (*place, _METHOD, i), messages)
                    for i, method in enumerate(service.method)
                ),
                comment=self.comments.get(place, ""),
                deprecated=service.options.deprecated,
            )

    def _full(self, path: tuple[str, ...]) -> str:
        return ".".join((self.file.package, *path) if self.file.package else path)

    def _message(
        self, message: d.DescriptorProto, outer: tuple[str, ...], place: Path_
    ) -> Iterator[MessageType]:
        path = (*outer, message.name)
        if message.options.map_entry:
            self.map_entries.add(self._full(path))
        annotation = message.options.Extensions[resource_pb2.resource]
        yield MessageType(
            full_name=self._full(path),
            package=self.file.package,
            path=path,
            file=self.file.name,
            fields=tuple(
                self._field(message, field, (*place, _FIELD, i))
                for i, field in enumerate(message.field)
            ),
            resource=_resource(annotation) if annotation.type else None,
            comment=self.comments.get(place, ""),
            deprecated=message.options.deprecated,
            required_oneofs=frozenset(o.name for o in message.oneof_decl if _required(o)),
        )
        for index, nested in enumerate(message.nested_type):
            yield from self._message(nested, path, (*place, _NESTED, index))

    def _nested_enums(
        self, message: d.DescriptorProto, outer: tuple[str, ...], place: Path_
    ) -> Iterator[EnumType]:
        path = (*outer, message.name)
        for index, enum in enumerate(message.enum_type):
            yield self._enum(enum, path, (*place, _NESTED_ENUM, index))
        for index, nested in enumerate(message.nested_type):
            yield from self._nested_enums(nested, path, (*place, _NESTED, index))

    def _enum(self, enum: d.EnumDescriptorProto, outer: tuple[str, ...], place: Path_) -> EnumType:
        path = (*outer, enum.name)
        return EnumType(
            full_name=self._full(path),
            package=self.file.package,
            path=path,
            file=self.file.name,
            values=tuple(
                EnumValue(
                    value.name,
                    value.number,
                    self.comments.get((*place, _VALUE, i), ""),
                    value.options.deprecated,
                )
                for i, value in enumerate(enum.value)
            ),
            comment=self.comments.get(place, ""),
            deprecated=enum.options.deprecated,
        )

    def _field(
        self, message: d.DescriptorProto, field: d.FieldDescriptorProto, place: Path_
    ) -> Field:
        options = field.options
        reference = options.Extensions[resource_pb2.resource_reference]
        in_oneof = field.HasField("oneof_index") and not field.proto3_optional
        behaviors = options.Extensions[field_behavior_pb2.field_behavior]
        return Field(
            name=field.name,
            json_name=field.json_name or field.name,
            number=field.number,
            kind=_KINDS[field.type],
            type_name=field.type_name.lstrip("."),
            repeated=field.label == d.FieldDescriptorProto.LABEL_REPEATED,
            presence=self._presence(field),
            oneof=message.oneof_decl[field.oneof_index].name if in_oneof else "",
            behaviors=frozenset(map(field_behavior_pb2.FieldBehavior.Name, behaviors)),
            reference=reference.type,
            child_reference=reference.child_type,
            constraints=constraints_of(options.Extensions[_RULES])
            if _RULES in options.Extensions
            else NONE,
            default=field.default_value,
            comment=self.comments.get(place, ""),
            deprecated=options.deprecated,
            format=_format(options),
        )

    def _presence(self, field: d.FieldDescriptorProto) -> bool:
        """Says whether unset differs from the default (protobuf's field presence rules)."""
        if field.label == d.FieldDescriptorProto.LABEL_REPEATED:
            return False
        if field.type in (Kind.MESSAGE.value, Kind.GROUP.value) or field.HasField("oneof_index"):
            return True
        if self.file.syntax == "editions":
            presence = field.options.features.field_presence or (
                self.file.options.features.field_presence
            )
            return presence != d.FeatureSet.IMPLICIT
        return not self.proto3

    def _method(
        self,
        service: d.ServiceDescriptorProto,
        method: d.MethodDescriptorProto,
        place: Path_,
        messages: dict[str, MessageType],
    ) -> Method:
        full_name = self._full((service.name,))

        def message(name: str) -> MessageType:
            return _known(messages, name, f"{full_name}/{method.name}")

        options = method.options
        return Method(
            facts=_facts(full_name, method, service.options),
            package=self.file.package,
            file=self.file.name,
            input=message(method.input_type),
            output=message(method.output_type),
            http=tuple(_rules(options.Extensions[annotations_pb2.http])),
            operation=_operation(method, self.file.package, messages),
            comment=self.comments.get(place, ""),
            deprecated=options.deprecated or service.options.deprecated,
            routing=_routing(options),
        )


def _facts(service: str, method: d.MethodDescriptorProto, options: d.ServiceOptions) -> MethodFacts:
    try:
        return facts_of_method(service, method, options)
    except ValueError as error:
        raise ContractError(f"{service}/{method.name}: {error}") from error


def _known(messages: dict[str, MessageType], name: str, user: str) -> MessageType:
    found = messages.get(name.lstrip("."))
    if found is None:
        raise ContractError(
            f"{user} uses {name.lstrip('.')}, which the image lacks: compile it with its imports"
        )
    return found


def _with_maps(messages: dict[str, MessageType], map_entries: set[str]) -> dict[str, MessageType]:
    """Gives map fields their key and value, and drops the synthetic entry messages."""

    def widen(field: Field) -> Field:
        if field.type_name not in map_entries:
            return field
        key, value = messages[field.type_name].fields
        return replace(field, map_key=key, map_value=value)

    def widened(message: MessageType) -> MessageType:
        if not any(field.type_name in map_entries for field in message.fields):
            return message
        return replace(message, fields=tuple(map(widen, message.fields)))

    return {name: widened(message) for name, message in messages.items() if name not in map_entries}


def _rules(rule: http_pb2.HttpRule) -> Iterator[HttpRule]:
    pattern = rule.WhichOneof("pattern")
    if pattern:
        custom = pattern == "custom"
        verb = rule.custom.kind if custom else pattern
        template = rule.custom.path if custom else getattr(rule, pattern)
        yield HttpRule(verb.upper(), template, rule.body, rule.response_body)
    for additional in rule.additional_bindings:
        yield from _rules(additional)


def _routing(options: d.MethodOptions) -> tuple[RoutingParameter, ...] | None:
    if not options.HasExtension(routing_pb2.routing):
        return None
    parameters = options.Extensions[routing_pb2.routing].routing_parameters
    return tuple(RoutingParameter(one.field, one.path_template) for one in parameters)


def _resource(annotation: resource_pb2.ResourceDescriptor) -> ResourceAnnotation:
    return ResourceAnnotation(
        type=annotation.type,
        patterns=tuple(annotation.pattern),
        name_field=annotation.name_field,
        singular=annotation.singular,
        plural=annotation.plural,
    )


def _operation(
    method: d.MethodDescriptorProto, package: str, messages: dict[str, MessageType]
) -> OperationInfo | None:
    info = method.options.Extensions[operations_pb2.operation_info]
    if not info.response_type:
        return None
    qualify: Callable[[str], str] = lambda name: (  # noqa: E731
        local if (local := f"{package}.{name}") in messages else name
    )
    return OperationInfo(qualify(info.response_type), qualify(info.metadata_type))


def _required(oneof: d.OneofDescriptorProto) -> bool:
    required: bool = oneof.options.Extensions[_ONEOF_RULES].required
    return required


def _format(options: d.FieldOptions) -> str:
    found = options.Extensions[field_info_pb2.field_info].format
    known = field_info_pb2.FieldInfo.Format
    return known.Name(found) if found and found in known.values() else ""


def _text(comment: str) -> str:
    """A comment without the notes among colleagues that AIP-192 puts into `(-- --)`."""
    if "(--" in comment:
        comment = _INTERNAL.sub("", comment)
    return "\n".join(line.removeprefix(" ") for line in comment.strip("\n").splitlines()).strip()
