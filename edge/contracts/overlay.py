"""Puts the rules of overlays into descriptors, as if their authors had written the annotations.

So everything follows: `overlay_file.py` says what may be in one. Where rules meet, the last one
wins (google.api.Service), and a rule wins over an annotation.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from google.api import annotations_pb2, field_behavior_pb2, http_pb2, resource_pb2
from google.api import visibility_pb2 as v
from google.protobuf import descriptor_pb2 as d
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

from edge.contracts.elements import VISIBILITY, Elements, NoSuchElement
from edge.contracts.model import ContractError
from edge.contracts.overlay_file import Rule, read_overlay
from selvedge.policy.v1 import policy_pb2

ANY_TYPE = "*"

M = TypeVar("M", bound=Message)


class _Mistake(Exception):
    """What is wrong with one rule."""


def overlaid(image: bytes, overlays: Sequence[Path]) -> bytes:
    """Returns a serialized FileDescriptorSet with the rules of the overlays in it.

    Raises:
        ContractError: an overlay cannot be read, or is wrong; the message names every mistake.
        DecodeError: the bytes are no FileDescriptorSet.
    """
    if not overlays:
        return image
    mistakes: list[str] = []
    rules = [rule for path in overlays for rule in read_overlay(path, mistakes)]
    known = d.FileDescriptorSet.FromString(image)
    elements = Elements(known.file)
    written = []
    for rule in rules:
        try:
            _WRITERS[rule.kind](elements, rule)
            written.append(rule)
        except (_Mistake, NoSuchElement) as error:
            mistakes.append(f"{rule.place}: {error}")
    mistakes += _dangling(written, known, elements)
    if mistakes:
        raise ContractError("the overlay is wrong\n  " + "\n  ".join(mistakes))
    return known.SerializeToString()


def _http(elements: Elements, rule: Rule) -> None:
    http = _parsed(rule.says, http_pb2.HttpRule())
    if not http.WhichOneof("pattern"):
        raise _Mistake("no path: say get, put, post, delete, patch or custom")
    for method in elements.selected(rule.about, d.MethodDescriptorProto):
        method.options.Extensions[annotations_pb2.http].CopyFrom(http)


def _visibility(elements: Elements, rule: Rule) -> None:
    said = _parsed(rule.says, v.VisibilityRule())
    for part in elements.selected(rule.about, *VISIBILITY):
        options: Any = part.options  # type: ignore[attr-defined]  # every one of the six has them
        options.Extensions[VISIBILITY[type(part)]].CopyFrom(said)


def _method(elements: Elements, rule: Rule) -> None:
    """What a policy leaves out stays as the contract says."""
    says = dict(rule.says)
    policy = _parsed(says.pop("policy", {}), policy_pb2.MethodPolicy())
    if unknown := says.keys() - {"idempotency_level", "deprecated"}:
        raise _Mistake(f"a rule for methods has no {', '.join(sorted(unknown))}")
    options = _parsed(says, d.MethodOptions())
    for method in elements.selected(rule.about, d.MethodDescriptorProto):
        method.options.MergeFrom(options)
        known: policy_pb2.MethodPolicy = method.options.Extensions[policy_pb2.policy]  # type: ignore[index]
        for field, _ in policy.ListFields():
            known.ClearField(field.name)
        known.MergeFrom(policy)


def _resource(elements: Elements, rule: Rule) -> None:
    message = elements.one(rule.about, d.DescriptorProto)
    said = _parsed(rule.says, resource_pb2.ResourceDescriptor())
    if not said.type:
        raise _Mistake("a resource needs a type")
    key = said.name_field or "name"
    if key not in {field.name for field in message.field}:
        raise _Mistake(f"{rule.about} has no field {key!r} to be the resource's name")
    message.options.Extensions[resource_pb2.resource].CopyFrom(said)


def _reference(elements: Elements, rule: Rule) -> None:
    field = elements.one(rule.about, d.FieldDescriptorProto)
    said = _parsed(rule.says, resource_pb2.ResourceReference())
    if bool(said.type) == bool(said.child_type):
        raise _Mistake("a reference needs a type or a child_type, and not both")
    if field.type != d.FieldDescriptorProto.TYPE_STRING:
        raise _Mistake(f"{rule.about} is no string, which a reference is")
    field.options.Extensions[resource_pb2.resource_reference].CopyFrom(said)


def _behavior(elements: Elements, rule: Rule) -> None:
    field = elements.one(rule.about, d.FieldDescriptorProto)
    names = rule.says.get("behavior")
    if rule.says.keys() != {"behavior"} or not isinstance(names, list):
        raise _Mistake("a rule for behaviors has a list, `behavior`")
    if unknown := [name for name in names if name not in field_behavior_pb2.FieldBehavior.keys()]:  # noqa: SIM118 - no dict
        raise _Mistake(f"{unknown[0]!r} is no google.api.FieldBehavior")
    known = field.options.Extensions[field_behavior_pb2.field_behavior]
    known[:] = map(field_behavior_pb2.FieldBehavior.Value, names)


_WRITERS: Mapping[tuple[str, str], Callable[[Elements, Rule], None]] = {
    ("http", "rules"): _http,
    ("visibility", "rules"): _visibility,
    ("selvedge", "methods"): _method,
    ("selvedge", "resources"): _resource,
    ("selvedge", "references"): _reference,
    ("selvedge", "behaviors"): _behavior,
}


def _parsed(says: object, into: M) -> M:
    try:
        return ParseDict(says, into)  # type: ignore[arg-type]  # refuses what is no dict
    except (ParseError, AttributeError, TypeError) as error:
        raise _Mistake(str(error).partition("\n")[0]) from error


def _dangling(
    rules: Iterable[Rule], known: d.FileDescriptorSet, elements: Elements
) -> Iterable[str]:
    """References to types that no message owns, and no file defines."""
    messages = elements.all(d.DescriptorProto).values()
    owned = {message.options.Extensions[resource_pb2.resource].type for message in messages}
    for file in known.file:
        owned.update(r.type for r in file.options.Extensions[resource_pb2.resource_definition])
    for rule in rules:
        wanted = rule.says.get("type") or rule.says.get("child_type")
        if rule.kind == ("selvedge", "references") and wanted not in {*owned, ANY_TYPE, None}:
            yield f"{rule.place}: no message owns {wanted}"
