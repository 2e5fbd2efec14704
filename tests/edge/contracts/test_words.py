import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.words import camel, legal, lower_first, pascal, plural, singular, snake


@pytest.mark.parametrize(
    ("one", "many"),
    [("product", "products"), ("category", "categories"), ("box", "boxes"), ("key", "keys"),
     ("address", "addresses"), ("batch", "batches"), ("user_day", "user_days")],
)  # fmt: skip
def test_nouns_change_number(one: str, many: str) -> None:
    assert plural(one) == many
    assert singular(many) == one


def test_what_is_no_plural_stays() -> None:
    assert [singular(word) for word in ("status", "address", "stock")] == [
        "status", "address", "stock",
    ]  # fmt: skip


def test_spellings() -> None:
    assert camel("rating_summary") == "ratingSummary"
    assert camel("v1_2x") == "v12x"
    assert pascal("shop.catalog.v1") == "ShopCatalogV1"
    assert pascal("rating_summary") == "RatingSummary"
    assert snake("RatingSummary") == "rating_summary"
    assert lower_first("ListProducts") == "listProducts"
    assert lower_first("IAMPolicy") == "iamPolicy"
    assert lower_first("OSPolicies") == "osPolicies"


@given(st.text())
def test_every_name_becomes_legal(text: str) -> None:
    name = legal(text)
    assert re.fullmatch(r"[_A-Za-z][_0-9A-Za-z]*", name)
    assert not name.startswith("__")
