"""House rules over every contract of ours (contract-rules R3, R13, R22)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

from buf.validate import validate_pb2
from edge.contracts.load import load_contracts
from edge.contracts.model import Contracts, Field, MessageType, Method
from mesh.contracts import Idempotency

IMAGE = Path(__file__).parents[2] / "gen" / "contracts.binpb"
CONTRACTS = load_contracts(IMAGE)
METHODS = [method for method in CONTRACTS.methods if method.package.startswith("shop.")]


def ours(contracts: Contracts) -> Iterator[MessageType]:
    return (m for m in contracts.messages.values() if m.package.startswith("shop."))


def fields() -> Iterator[tuple[MessageType, Field]]:
    return ((message, field) for message in ours(CONTRACTS) for field in message.fields)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.path)
class TestEveryMethod:
    def test_r22_declares_a_deadline(self, method: Method) -> None:
        assert method.facts.declares_deadline

    def test_r22_has_an_idempotency_class(self, method: Method) -> None:
        declared = method.facts.idempotency is not Idempotency.UNKNOWN
        assert declared or "request_id" in method.input.by_name

    def test_r3_has_a_binding_or_says_that_it_is_internal(self, method: Method) -> None:
        assert method.http or "Internal:" in method.comment

    def test_names_its_codes(self, method: Method) -> None:
        assert re.search(r"^Codes: ", method.comment, re.MULTILINE)

    def test_declares_who_may_call_it(self, method: Method) -> None:
        assert method.facts.public or method.facts.scopes


def test_every_field_has_a_behavior() -> None:
    assert [f"{m.full_name}.{f.name}" for m, f in fields() if not f.behaviors] == []


def test_every_field_that_names_a_resource_refers_to_it() -> None:
    nouns = {"product", "category", "stock", "related_products", "products", "parent"}
    missing = [
        f"{message.full_name}.{field.name}"
        for message, field in fields()
        if field.name in nouns
        and not field.is_message
        and not (field.reference or field.child_reference)
    ]
    assert missing == []


def test_every_request_field_is_constrained() -> None:
    """Messages, masks and booleans need no rule; everything else has one."""
    files = descriptor_pb2.FileDescriptorSet.FromString(IMAGE.read_bytes()).file
    free = {
        descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE,
        descriptor_pb2.FieldDescriptorProto.TYPE_BOOL,
    }
    loose = [
        f"{file.package}.{message.name}.{field.name}"
        for file in files
        if file.package.startswith("shop.")
        for message in file.message_type
        if message.name.endswith("Request")
        for field in message.field
        if field.type not in free and not field.options.HasExtension(validate_pb2.field)
    ]
    assert loose == []
