"""A plan says what graphql-core says, only faster; here the short form of `differing.py`."""

import asyncio
import json
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.graphql.plan.plans import PLANS_MAX
from tests.edge.graphql.plan.differing import FOREIGN, Pair, images

DOCUMENTS = 25
JOIN = "{ products(first: 5) { nodes { title reviews(first: 2) { nodes { author } } } } }"


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    found = images(tmp_path_factory.mktemp("images"))
    return {name: Pair(name, image) for name, image in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shop", "odd", *FOREIGN])
def test_a_plan_says_what_graphql_core_says(pairs, name):
    pair = pairs[name]

    @settings(
        max_examples=DOCUMENTS,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.integers(0, 2**32))
    def same(seed: int) -> None:
        random = Random(seed)  # noqa: S311 - the same documents for the same seed
        assert asyncio.run(pair.differ(random)) == ""

    same()
    assert pair.plans.answered > DOCUMENTS / 4  # most documents compile, or this would say nothing


@pytest.mark.slow
def test_r10_what_a_mask_leaves_out_is_nowhere_in_the_answer(pairs):
    pair = pairs["odd"]

    @settings(max_examples=4 * DOCUMENTS, deadline=None, derandomize=True)
    @given(st.integers(0, 2**32))
    def same(seed: int) -> None:
        kept, whole = asyncio.run(pair.masked(Random(seed)))  # noqa: S311 - as above
        assert kept == whole

    same()


async def test_roots_of_one_resource_are_one_call(edge):
    data = await edge.data(
        """{ a: product(name: "products/p1") { title reviews(first: 2) { nodes { rating } } }
             b: product(name: "products/p2") { title reviews(first: 2) { nodes { rating } } }
             c: product(name: "products/p1") { name } }"""
    )
    assert (data["a"]["title"], data["b"]["title"]) == ("Product 1", "Product 2")
    assert data["c"] == {"name": "products/p1"}
    assert edge.caller.counts == {"BatchGetProducts": 1, "BatchListReviews": 1}


async def test_one_root_alone_is_a_get(edge):
    await edge.data('{ product(name: "products/p1") { title } }')
    assert edge.caller.counts == {"GetProduct": 1}


async def test_r6_a_name_missing_from_the_batch_is_told_by_its_owner(edge):
    data, errors = await edge.ask(
        """{ a: product(name: "products/p1") { title }
             gone: product(name: "products/gone") { title } }"""
    )
    assert data == {"a": {"title": "Product 1"}, "gone": None}
    assert [(e["path"], e["extensions"]["reason"]) for e in errors] == [(["gone"], "NO_SUCH_THING")]


async def test_what_was_loaded_is_not_loaded_again_below(edge):
    await edge.data(
        """{ products(first: 2) { nodes { category { displayName }
            reviews(first: 1) { nodes { product { category { displayName } } } } } } }"""
    )
    assert edge.caller.counts["BatchGetCategories"] == 1


async def test_conditions_are_plans_of_their_own_within_bounds(edge):
    names = [f"v{i}" for i in range(6)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: title @include(if: ${name})" for name in names)
    text = f'query({declared}) {{ product(name: "products/p1") {{ name {fields} }} }}'
    for number in range(PLANS_MAX + 4):
        chosen = {name: bool(number >> at & 1) for at, name in enumerate(names)}
        data = await edge.data(text, chosen)
        assert set(data["product"]) == {"name", *(n for n, wanted in chosen.items() if wanted)}


async def test_a_number_that_graphql_cannot_say_is_left_to_graphql_core(compiled):
    contract = """
        message Odd { double ratio = 1; string text = 2; }
        message GetOddRequest {}
        service Odds { rpc GetOdd(GetOddRequest) returns (Odd) {
            option (google.api.http) = {get: "/v1/odd"}; } }"""
    edge = compiled(contract, GetOdd=lambda request: {"ratio": "NaN", "text": "a"})
    data, errors = await edge.ask("{ odd { ratio text } }")
    assert data == {"odd": None}
    assert errors[0]["path"] == ["odd", "ratio"]


async def test_a_document_is_text_and_never_code(edge):
    data = await edge.data('{ __import__: product(name: "products/p1") { os: title } }')
    assert json.dumps(data) == '{"__import__": {"os": "Product 1"}}'


ALONE = 'query($name: String = "products/p1") { a: product(name: $name) { title } }'
BESIDE = ALONE.replace(" }", ' } b: product(name: "products/p2") { title }', 1)
LISTED = """query($tag: String = "a") { shelf(name: "shelves/1") {
    books(tags: [$tag]) { nodes { name } } } }"""
SHELVES = """
    message Shelf { option (google.api.resource) = {type: "x/Shelf" pattern: "shelves/{shelf}"};
        string name = 1; }
    message Book { option (google.api.resource) =
            {type: "x/Book" pattern: "shelves/{shelf}/books/{book}"}; string name = 1; }
    message GetShelfRequest { string name = 1; }
    message ListBooksRequest { string parent = 1 [(google.api.resource_reference).type = "x/Shelf"];
        repeated string tags = 2; }
    message ListBooksResponse { repeated Book books = 1; }
    service Shelves {
        rpc GetShelf(GetShelfRequest) returns (Shelf) {
            option (google.api.http) = {get: "/v1/{name=shelves/*}"}; }
        rpc ListBooks(ListBooksRequest) returns (ListBooksResponse) {
            option (google.api.http) = {get: "/v1/{parent=shelves/*}/books"}; } }"""


@pytest.mark.parametrize("text", [ALONE, BESIDE])
async def test_r14_a_null_that_has_no_place_is_the_clients_error(edge, text):
    data, (error,) = await edge.ask(text, {"name": None})
    assert data["a"] is None
    assert data.get("b") in (None, {"title": "Product 2"})
    assert error["path"] == ["a"]
    assert error["extensions"]["code"] == "INVALID_ARGUMENT"
    assert error["locations"] == [{"line": 1, "column": text.index("$name)") + 1}]


async def test_r14_a_null_that_has_no_place_in_a_join_is_the_clients_error(compiled):
    edge = compiled(SHELVES, GetShelf=lambda request: {"name": request["name"]})
    data, (error,) = await edge.ask(LISTED, {"tag": None})
    assert data == {"shelf": {"books": None}}
    assert error["extensions"]["code"] == "INVALID_ARGUMENT"


async def test_r14_a_condition_that_is_null_is_the_clients_error(edge):
    text = """query($is: Boolean = true) {
        product(name: "products/p1") { title @skip(if: $is) } }"""
    data, (error,) = await edge.ask(text, {"is": None})
    assert data == {"product": None}
    assert error["extensions"]["code"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize("name", ["p1", "//shop/products/p1", ""])
async def test_r6_what_a_get_refuses_it_refuses_beside_others_too(edge, name):
    text = """query($name: String!) { a: product(name: $name) { title }
        b: product(name: "products/p2") { title } }"""
    data, (error,) = await edge.ask(text, {"name": name})
    assert data == {"a": None, "b": {"title": "Product 2"}}
    assert error["extensions"]["reason"] == "NO_SUCH_THING"
