import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.fields import enum_value_names, field_names
from edge.contracts.model import EnumType, EnumValue


def enum(name: str, *values: str) -> EnumType:
    found = tuple(EnumValue(value, number, "", False) for number, value in enumerate(values))
    return EnumType(f"p.{name}", "p", (name,), "p.proto", found, "", False)


def test_r18_enum_values_lose_the_prefix_of_their_type() -> None:
    names = enum_value_names(
        enum("HTTPMethodV2", "HTTP_METHOD_V2_GET", "HTTP_METHOD_V2_PUT", "ANY")
    )
    assert list(names.values()) == ["GET", "PUT", "ANY"]


def test_r18_a_prefix_stays_where_the_rest_is_no_name() -> None:
    names = enum_value_names(enum("Size", "SIZE_2XL", "SIZE_true", "SIZE_", "SIZE_S", "SIZE_null"))
    assert list(names.values()) == ["SIZE_2XL", "SIZE_true", "SIZE_", "S", "SIZE_null"]
    assert enum_value_names(enum("Size", "SIZE_A", "A"))["SIZE_A"] == "SIZE_A"
    assert enum_value_names(enum("Is", "true")) == {"true": "true_"}


@pytest.mark.slow
@given(st.lists(st.from_regex(r"\A(SIZE_|Size)?[A-Za-z_][0-9A-Za-z_]{0,4}\Z"), unique=True))
def test_r18_every_value_has_a_legal_name(values: list[str]) -> None:
    names = enum_value_names(enum("Size", *values))
    assert names.keys() == set(values)
    for name in names.values():
        assert re.fullmatch(r"[_A-Za-z][_0-9A-Za-z]*", name)
        assert name not in ("true", "false", "null")
        assert not name.startswith("__")


def test_field_names_are_those_of_json_made_legal(deriving) -> None:
    body = """
    message Odd {
      string plain_name = 1;
      string at = 2 [json_name = "@type"];
      string dash = 3 [json_name = "a-b"];
      string dunder = 4 [json_name = "__typename"];
    }"""
    odd = deriving({"n.v1": body}).contracts.messages["n.v1.Odd"]
    assert list(field_names(odd).values()) == ["plainName", "_type", "a_b", "_typename"]


def test_equal_names_are_told_apart(deriving) -> None:
    body = """message Odd { string a = 1 [json_name = "x-y"]; string b = 2 [json_name = "x.y"]; }"""
    odd = deriving({"n.v1": body}).contracts.messages["n.v1.Odd"]
    assert field_names(odd) == {"a": "a", "b": "b"}


def test_r7_the_id_of_a_node_is_not_its_own_field(deriving) -> None:
    body = "message Product { string id = 1; string name = 2; }"
    product = deriving({"n.v1": body}).contracts.messages["n.v1.Product"]
    assert field_names(product, node=True) == {"id": "productId", "name": "name"}
    assert field_names(product) == {"id": "id", "name": "name"}
