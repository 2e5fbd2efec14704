"""House rules over every contract of ours (contract-rules R3, R13, R20, R22)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

from buf.validate import validate_pb2
from edge.config import EdgeSettings
from edge.contracts.load import load_contracts
from edge.contracts.model import Contracts, Field, MessageType, Method
from edge.rest.deprecation import successor_of
from mesh.contracts import Idempotency
from selvedge.policy.v1 import policy_pb2

IMAGE = Path(__file__).parents[2] / "gen" / "contracts.binpb"
CONTRACTS = load_contracts(IMAGE)
PROTO = Path(__file__).parents[2] / "proto" / "shop"
SERVICE = re.compile(r"^service (\w+)", re.MULTILINE).findall
SETTINGS = EdgeSettings()
METHODS = [method for method in CONTRACTS.methods if method.package.startswith("shop.")]


def policies() -> Iterator[tuple[str, policy_pb2.MethodPolicy]]:
    """What is written, which facts fill up with defaults."""
    for file in descriptor_pb2.FileDescriptorSet.FromString(IMAGE.read_bytes()).file:
        for service in file.service:
            for method in service.method:
                path = f"/{file.package}.{service.name}/{method.name}"
                yield path, method.options.Extensions[policy_pb2.policy]


POLICIES = dict(policies())


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

    def test_r22_says_when_it_is_shed(self, method: Method) -> None:
        assert POLICIES[method.path].priority

    def test_r22_only_reads_are_asked_twice_or_shared(self, method: Method) -> None:
        facts = method.facts
        reads = facts.idempotency is Idempotency.NO_SIDE_EFFECTS and method.unary
        assert reads or not (facts.hedge or facts.cache_max_age_seconds)

    def test_r22_only_what_everybody_may_see_is_shared(self, method: Method) -> None:
        assert method.facts.public or not method.facts.cache_max_age_seconds

    def test_r22_takes_no_longer_than_the_edge_waits(self, method: Method) -> None:
        reads = method.facts.idempotency is Idempotency.NO_SIDE_EFFECTS
        seconds = SETTINGS.read_seconds if reads else SETTINGS.write_seconds
        assert method.facts.deadline_seconds <= seconds or not method.unary

    def test_r20_its_paths_begin_with_its_version(self, method: Method) -> None:
        version = method.package.rpartition(".")[2]
        assert all(rule.template.startswith(f"/{version}/") for rule in method.http)

    def test_its_successor_exists_and_goes_on(self, method: Method) -> None:
        end = method.facts.deprecation
        if end:
            newer = successor_of(method, CONTRACTS)
            assert end.since and end.sunset and newer
            assert newer.facts.deprecation is None


def test_r22_covers_every_service_of_ours() -> None:
    """A method that is in no file of the image would go unseen."""
    services = {service for file in PROTO.rglob("*.proto") for service in SERVICE(file.read_text())}
    assert services == {method.service.rpartition(".")[2] for method in METHODS}
    assert {method.package for method in METHODS} >= {"shop.reviews.v1", "shop.reviews.v2"}


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
