import time

import pytest
from google.api import annotations_pb2, resource_pb2
from google.protobuf import descriptor_pb2 as d

from edge.contracts.derived import derive
from edge.contracts.load import read_contracts

METHODS = 7_000
STRING, MESSAGE = d.FieldDescriptorProto.TYPE_STRING, d.FieldDescriptorProto.TYPE_MESSAGE
REPEATED = d.FieldDescriptorProto.LABEL_REPEATED


def _field(message, name: str, refers: str = "", child: str = "", items: str = "") -> None:
    field = message.field.add(name=name, json_name=name, number=len(message.field) + 1)
    field.type = MESSAGE if items else STRING
    if items:
        field.type_name, field.label = items, REPEATED
    if refers or child:
        reference = field.options.Extensions[resource_pb2.resource_reference]
        reference.type, reference.child_type = refers, child


def _file(number: int) -> d.FileDescriptorProto:
    """A package with one resource below a common parent, a Get, a List and three more methods."""
    package = f"p{number}.v1"
    file = d.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    item = file.message_type.add(name="Item")
    annotation = item.options.Extensions[resource_pb2.resource]
    annotation.type = f"p{number}.dev/Item"
    annotation.pattern.append("roots/{root}/items/{item}" if number else "roots/{root}")
    _field(item, "name")
    _field(item, "next", refers=f"p{number // 2}.dev/Item")
    _field(item, "inner", items=f".{package}.Item")
    request = file.message_type.add(name="Request")
    _field(request, "name")
    listing = file.message_type.add(name="ListRequest")
    _field(listing, "parent", refers="p0.dev/Item")
    answer = file.message_type.add(name="ListResponse")
    _field(answer, "items", items=f".{package}.Item")
    service = file.service.add(name="Items")
    for name, takes, gives in (
        ("GetItem", "Request", "Item"),
        ("ListItems", "ListRequest", "ListResponse"),
        ("Start", "Request", "Item"),
        ("Stop", "Request", "Item"),
        ("Move", "Request", "Item"),
    ):
        method = service.method.add(name=name)
        method.input_type, method.output_type = f".{package}.{takes}", f".{package}.{gives}"
        method.options.Extensions[annotations_pb2.http].get = f"/{package}/{name}"
    return file


@pytest.mark.slow
def test_thousands_of_methods_are_derived_in_no_time() -> None:
    files = d.FileDescriptorSet(file=map(_file, range(METHODS // 5)))
    contracts = read_contracts(files.SerializeToString())
    start = time.perf_counter()
    derived = derive(contracts)
    # Every message compared with every other would take minutes.
    assert time.perf_counter() - start < 10
    assert len(set(derived.names.fields.values())) == METHODS
    assert len(derived.joins.reverse["p0.v1.Item"]) == METHODS // 5
    assert len(derived.joins.forward) == METHODS // 5
