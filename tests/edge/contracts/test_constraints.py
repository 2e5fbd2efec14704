from typing import Any

import pytest
from google.protobuf import text_format

from buf.validate import validate_pb2
from edge.contracts.constraints import NONE, Constraints, constraints_of
from edge.contracts.model import Contracts


def read(text: str) -> Constraints:
    return constraints_of(text_format.Parse(text, validate_pb2.FieldRules()))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", {}),
        ("ignore: IGNORE_ALWAYS string { min_len: 1 }", {}),
        ("required: true", {"required": True}),
        ("ignore: IGNORE_IF_ZERO_VALUE", {"zero_passes": True}),
        ("string { min_len: 1 max_len: 9 }", {"length_min": 1, "length_max": 9}),
        ("string { min_len: 0 }", {"length_min": 0}),
        ("string { len: 4 }", {"length_min": 4, "length_max": 4}),
        ("string { max_bytes: 8 }", {"length_max": 8}),
        ('string { pattern: "^a$" }', {"pattern": "^a$"}),
        ("string { uuid: true }", {"format": "uuid"}),
        ("string { uuid: false }", {}),
        ('string { const: "a" }', {"const": "a"}),
        ('string { in: "a" in: "b" }', {"among": ("a", "b")}),
        ("enum { not_in: 0 }", {"none_of": (0,)}),
        ("int32 { gte: 1 lte: 5 }", {"at_least": 1, "at_most": 5}),
        ("double { gt: 0 lt: 1.5 }", {"above": 0.0, "below": 1.5}),
        ("int32 { gt: 5 lt: 1 }", {}),
        ("bool { const: true }", {"const": True}),
        ("bytes { min_len: 1 }", {"length_min": 1}),
        ("map { min_pairs: 1 max_pairs: 2 }", {"length_min": 1, "length_max": 2}),
        ('duration { gte { seconds: 1 } }', {}),
    ],
)  # fmt: skip
def test_rules_become_values(text: str, said: dict[str, Any]) -> None:
    assert read(text) == Constraints(**said)


def test_rules_of_items_and_pairs_are_read() -> None:
    listed = read("repeated { min_items: 1 unique: true items { string { max_len: 3 } } }")
    assert listed == Constraints(length_min=1, unique=True, items=Constraints(length_max=3))
    mapped = read("map { keys { string { min_len: 1 } } values { int32 { gt: 0 } } }")
    assert mapped == Constraints(keys=Constraints(length_min=1), items=Constraints(above=0))


def test_fields_carry_their_rules(shop: Any) -> None:
    contracts: Contracts = shop.contracts
    product = contracts.messages["shop.catalog.v1.Product"].by_name
    assert product["title"].constraints == Constraints(length_max=200)
    assert product["create_time"].constraints == NONE
    request = contracts.messages["shop.catalog.v1.CreateProductRequest"].by_name["request_id"]
    assert (request.constraints.format, request.format) == ("uuid", "UUID4")
