"""Which messages are refused, and that telling why stays small."""

import time

import pytest

from mesh.errors import InvalidArgument
from mesh.inbound.validation import (
    EXPLAINED_BYTES_MAX,
    PATH_CHARACTERS_MAX,
    VIOLATIONS_MAX,
    check,
)
from shop.catalog.v1 import catalog_pb2 as pb


def refusal(**product: object) -> InvalidArgument:
    whole = {"title": "x", "category": "categories/tools", **product}
    with pytest.raises(InvalidArgument) as caught:
        check(pb.CreateProductRequest(product=pb.Product(**whole)))  # type: ignore[arg-type]  # by name
    return caught.value


def test_each_broken_rule_is_a_violation() -> None:
    error = refusal(title="x" * 201, category="tools")
    assert [violation.field for violation in error.violations] == [
        "product.title", "product.category",
    ]  # fmt: skip
    assert error.reason == "INVALID_REQUEST"


def test_what_is_told_is_bounded() -> None:
    assert len(refusal(tags=[""] * 1_000).violations) == VIOLATIONS_MAX
    told = refusal(attributes={"k" * EXPLAINED_BYTES_MAX: ""}).violations
    assert max(len(violation.field) for violation in told) == PATH_CHARACTERS_MAX


@pytest.mark.slow
def test_a_large_message_is_refused_in_time() -> None:
    before = time.process_time()
    assert refusal(tags=[""] * 100_000).violations
    currencies = [{"currency_code": str(number)} for number in range(20_000)]
    assert refusal(prices=currencies).violations
    assert time.process_time() - before < 5


def test_two_prices_in_one_currency_are_refused() -> None:
    error = refusal(prices=[{"currency_code": "EUR"}, {"currency_code": "EUR"}])
    assert error.message == "product.prices: one price in each currency"
