"""What an image says of itself by the public descriptor pool: the edge has no part in it."""

from collections.abc import Iterator
from functools import cache, cached_property
from typing import TypeAlias

from google.api import annotations_pb2, http_pb2, resource_pb2
from google.longrunning import operations_proto_pb2 as operations
from google.protobuf import descriptor_pb2, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message

Rule: TypeAlias = http_pb2.HttpRule


class Types:
    """The messages, services and resource patterns of one image."""

    def __init__(self, image: bytes) -> None:
        self.files = descriptor_pb2.FileDescriptorSet.FromString(image).file
        self.pool = DescriptorPool()
        for file in self.files:
            self.pool.Add(file)  # type: ignore[no-untyped-call]
        self.new = cache(message_factory.GetMessageClass)

    @cached_property
    def methods(self) -> dict[str, MethodDescriptor]:
        """Every method by its HTTP/2 path."""
        services = (
            self.pool.FindServiceByName(f"{file.package}.{service.name}")
            for file in self.files
            for service in file.service
        )
        return {
            f"/{service.full_name}/{method.name}": method
            for service in services
            for method in service.methods
        }

    @cached_property
    def services(self) -> list[str]:
        """The full names of the services."""
        return list(dict.fromkeys(path.split("/")[1] for path in self.methods))

    @cached_property
    def patterns(self) -> dict[str, list[str]]:
        """The patterns of each resource type, by the type."""
        found: dict[str, list[str]] = {}
        for resource in self._resources():
            found.setdefault(resource.type, list(resource.pattern))
        return found

    def parse(self, descriptor: Descriptor, data: bytes) -> Message:
        """Returns the message that the bytes hold."""
        return self.new(descriptor).FromString(data)

    def _resources(self) -> Iterator[resource_pb2.ResourceDescriptor]:
        for file in self.files:
            yield from file.options.Extensions[resource_pb2.resource_definition]
            for message in file.message_type:
                yield from _of_message(message)


def rules(method: MethodDescriptor) -> list[Rule]:
    """Returns the bindings of a method, its main one first."""
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    return [each for each in (rule, *rule.additional_bindings) if each.WhichOneof("pattern")]


def resource(descriptor: Descriptor) -> resource_pb2.ResourceDescriptor:
    """Returns what the message says of itself as a resource; empty where it is none."""
    return descriptor.GetOptions().Extensions[resource_pb2.resource]


def key(descriptor: Descriptor) -> str:
    """Returns the name of the field that holds the resource's name; "" where it is none."""
    found = resource(descriptor)
    return (found.name_field or "name") if found.type else ""


def reference(field: FieldDescriptor) -> str:
    """Returns the type of the resource that a field refers to, or "" ."""
    return field.GetOptions().Extensions[resource_pb2.resource_reference].type


def outcome(method: MethodDescriptor) -> tuple[str, str]:
    """Returns the full names of what a long-running method ends with, and of its metadata."""
    info = method.GetOptions().Extensions[operations.operation_info]
    package = method.containing_service.file.package
    names = (info.response_type, info.metadata_type)
    response, metadata = (n if "." in n or not n else f"{package}.{n}" for n in names)
    return response, metadata


def _of_message(
    message: descriptor_pb2.DescriptorProto,
) -> Iterator[resource_pb2.ResourceDescriptor]:
    found = message.options.Extensions[resource_pb2.resource]
    if found.type:
        yield found
    for nested in message.nested_type:
        yield from _of_message(nested)
