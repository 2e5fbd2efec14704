"""Takes annotations out of contracts, as if their authors had written none."""

from typing import Any

from google.api import annotations_pb2, field_behavior_pb2, resource_pb2
from google.protobuf import descriptor_pb2 as d
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from edge.contracts.elements import Elements
from selvedge.policy.v1 import policy_pb2

Rules = list[dict[str, Any]]


def stripped(files: d.FileDescriptorSet) -> dict[str, Any]:
    """Takes out of files what an overlay can say, and returns it as an overlay."""
    elements = Elements(files.file)
    resources = _resources(elements)
    owned = {"*", *(rule["type"] for rule in resources)}
    for file in files.file:
        owned.update(r.type for r in file.options.Extensions[resource_pb2.resource_definition])
    return {
        "http": {"rules": _http(elements)},
        "selvedge": {
            "methods": _methods(elements),
            "resources": resources,
            "references": _references(elements, owned),
            "behaviors": _behaviors(elements),
        },
    }


def _http(elements: Elements) -> Rules:
    rules: Rules = []
    for name, method in elements.all(d.MethodDescriptorProto).items():
        if method.options.HasExtension(annotations_pb2.http):
            said = _plain(method.options.Extensions[annotations_pb2.http])
            rules.append({"selector": name} | said)
            method.options.ClearExtension(annotations_pb2.http)
    return rules


def _methods(elements: Elements) -> Rules:
    rules: Rules = []
    for name, method in elements.all(d.MethodDescriptorProto).items():
        level = d.MethodOptions.IdempotencyLevel.Name(method.options.idempotency_level)
        policy = _plain(method.options.Extensions[policy_pb2.policy])
        rules.append({"selector": name, "idempotency_level": level, "policy": policy})
        method.options.ClearExtension(policy_pb2.policy)
        method.options.ClearField("idempotency_level")
    return rules


def _resources(elements: Elements) -> Rules:
    rules: Rules = []
    for name, message in elements.all(d.DescriptorProto).items():
        if message.options.HasExtension(resource_pb2.resource):
            said = _plain(message.options.Extensions[resource_pb2.resource])
            rules.append({"message": name} | said)
            message.options.ClearExtension(resource_pb2.resource)
    return rules


def _references(elements: Elements, owned: set[str]) -> Rules:
    """One to a type that nobody owns stays: an overlay that makes it is refused."""
    rules: Rules = []
    for name, field in elements.all(d.FieldDescriptorProto).items():
        said = field.options.Extensions[resource_pb2.resource_reference]
        if (said.type or said.child_type) in owned:
            rules.append({"field": name} | _plain(said))
            field.options.ClearExtension(resource_pb2.resource_reference)
    return rules


def _behaviors(elements: Elements) -> Rules:
    rules: Rules = []
    for name, field in elements.all(d.FieldDescriptorProto).items():
        if known := list(field.options.Extensions[field_behavior_pb2.field_behavior]):
            names = map(field_behavior_pb2.FieldBehavior.Name, known)
            rules.append({"field": name, "behavior": list(names)})
            field.options.ClearExtension(field_behavior_pb2.field_behavior)
    return rules


def _plain(message: Message) -> dict[str, Any]:
    value: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
    return value
