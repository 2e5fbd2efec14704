"""What operations cost: the calls that they may make, however they are written (bars 39 and 40)."""

import pytest

from edge.graphql.cost import Price, find_prices
from edge.graphql.guard import Bounds, Documents
from edge.graphql.schema import build_schema
from tests.edge.graphql.guard.guarding import documents_of, verdict

FORTY = ", ".join(['"x"'] * 40)
COSTS = [
    ('{ product(name: "x") { title } }', 1),
    ('{ a: product(name: "x") { title } b: product(name: "x") { title } }', 2),
    ("{ searchProducts(query: \"x\") { nodes { title } } }", 2),  # by its policy
    ("{ __typename }", 0),
    ("{ __schema { queryType { name } } }", 0),
    ('{ node(id: "x") { id } }', 1),
    ('{ node(id: "x") { ... on Product { category { name } } } }', 2),
    ("{ products { nodes { category { name } } } }", 1 + 20),
    ("{ products(first: null) { nodes { category { name } } } }", 1 + 20),
    ("{ products(first: 7) { nodes { category { name } } } }", 1 + 7),
    ("{ products(first: 0) { nodes { category { name } } } }", 1),
    ("{ products(first: 7) { edges { node { category { name } } } pageInfo { endCursor } } }", 8),
    ("{ products(first: 7) { nodes { category { name } } edges { node { title } } } }", 8),
    ("{ products(first: 7) { nodes { reviews(first: 3) { nodes { product { name } } } } } }",
     1 + 7 * (1 + 3 * 1)),
    ("{ products(first: 7) { nodes { reviews { totalCount } stocks { totalCount } } } }", 15),
    ("{ products(first: 7) { nodes { relatedProducts { title } } } }", 1 + 7),
    ("{ products(first: 7) { nodes { relatedProducts { category { name } } } } }", 1 + 7 * (1 + 5)),
    ("{ reservations(first: 7) { nodes { allocations { stock { name } } } } }", 1 + 7 * 5),
    (f"{{ batchGetProducts(names: [{FORTY}]) {{ products {{ category {{ name }} }} }} }}", 41),
    ('{ batchGetProducts(names: "x") { products { category { name } } } }', 2),
    ('{ product(name: "x") { category @skip(if: true) { name } } }', 2),
    ('mutation { deleteProduct(name: "x") }', 1),
    ('subscription { watchStock(parent: "x") { product { name } } }', 2),
]  # fmt: skip


@pytest.fixture(scope="module")
def documents(shop_contracts) -> Documents:
    return documents_of(shop_contracts)


@pytest.mark.parametrize(("text", "cost"), COSTS)
def test_bar_40_calls_cost_as_often_as_lists_around_them_have_entries(documents, text, cost):
    assert verdict(documents, text) == cost


WRITINGS = [
    "{ products(first: 7) { nodes { title reviews { nodes { product { name } } } } } }",
    "{ any: products(first: 7) { nodes { title other: reviews { nodes { product { name } } } } } }",
    "{ products(first: 7) { nodes { title reviews { nodes { product { name } } } } }"
    "  products(first: 7) { nodes { reviews { nodes { product { name } } } } } }",
    "{ ... { products(first: 7) { nodes { ... on Product { title } ... on Product {"
    "  reviews { nodes { ... { product { name } } } } } } } } }",
    "{ ...Q ...Q } fragment Q on Query { products(first: 7) { nodes { ...P ...R } } }"
    "  fragment P on Product { title ...R } fragment R on Product { reviews { nodes { ...N } } }"
    "  fragment N on Review { product { ...T } product { ...T } } fragment T on Product { name }",
    "query($n: Int = 7) { products(first: $n) { nodes { title reviews { nodes { product"
    "  { name } } } } } }",
    "{ products(first: 7) { nodes { title } nodes { reviews { nodes { product { name } } } } } }",
]


@pytest.mark.parametrize("text", WRITINGS)
def test_bar_39_every_way_of_writing_a_query_costs_the_same(documents, text):
    assert verdict(documents, text) == 1 + 7 * (1 + 20)


VARIABLES = [
    ("query($n: Int) { products(first: $n) { nodes { category { name } } } }", {}, 21),
    ("query($n: Int) { products(first: $n) { nodes { category { name } } } }", {"n": None}, 21),
    ("query($n: Int) { products(first: $n) { nodes { category { name } } } }", {"n": 3}, 4),
    ("query($n: Int) { products(first: $n) { nodes { category { name } } } }", {"n": 3.0}, 4),
    ("query($n: Int = 5) { products(first: $n) { nodes { category { name } } } }", {}, 6),
    ("query($n: Int = 5) { products(first: $n) { nodes { category { name } } } }", {"n": None}, 21),
    ("query($n: Int = null) { products(first: $n) { nodes { category { name } } } }", {}, 21),
    ("query($n: [String!]!) { batchGetProducts(names: $n) { products { category { name } } } }",
     {"n": ["x", "y", "z"]}, 4),
    ("query($n: [String!]!) { batchGetProducts(names: $n) { products { category { name } } } }",
     {"n": "x"}, 2),
    ("query($n: [String!]!) { batchGetProducts(names: $n) { products { category { name } } } }",
     {"n": ["x"] * 2_000}, "COST_LIMIT"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "variables", "cost"), VARIABLES)
def test_bar_40_the_charge_is_a_function_of_the_variables(documents, text, variables, cost):
    assert verdict(documents, text, variables) == cost


async def test_bar_40_what_costs_too_much_makes_no_call(edge):
    text = "{ products(first: 100) { nodes { reviews(first: 100) { nodes { product { id } } } } } }"
    data, errors = await edge.ask(text)
    assert (data, edge.caller.calls) == (None, [])
    assert errors[0]["extensions"]["reason"] == "COST_LIMIT"
    assert errors[0]["extensions"]["code"] == "INVALID_ARGUMENT"
    assert errors[0]["message"] == "the operation costs 10101; the limit is 1000"


async def test_a_batch_that_lists_many_costs_what_its_own_policy_says(compiled):
    derived = compiled(PRICED).derived
    prices = find_prices(derived)
    assert prices["Query", "node"] == Price(7)  # the dearer of the two fetchers
    assert prices["Query", "shelf"] == Price(2)
    assert prices["Book", "shelf"] == Price(2)
    assert prices["Shelf", "books"] == Price(3, sized_by="first")
    assert ("Shelf", "name") not in prices
    documents = Documents(Bounds(), prices, build_schema(derived)._schema)
    text = '{ shelf(name: "x") { books(first: 4) { nodes { shelf { name } } } } }'
    assert verdict(documents, text) == 2 + 3 + 4 * 2


PRICED = """
import "selvedge/policy/v1/policy.proto";
message Shelf {
  option (google.api.resource) = {type: "odd.example.com/Shelf" pattern: "shelves/{shelf}"};
  string name = 1;
}
message Book {
  option (google.api.resource) = {
    type: "odd.example.com/Book" pattern: "shelves/{shelf}/books/{book}"
  };
  string name = 1;
  string shelf = 2 [(google.api.resource_reference).type = "odd.example.com/Shelf"];
}
message GetShelfRequest { string name = 1; }
message GetBookRequest { string name = 1; }
message ListBooksRequest {
  string parent = 1 [(google.api.resource_reference).child_type = "odd.example.com/Book"];
  int32 page_size = 2;
  string page_token = 3;
}
message ListBooksResponse { repeated Book books = 1; string next_page_token = 2; }
service Books {
  rpc GetShelf(GetShelfRequest) returns (Shelf) {
    option (google.api.http) = {get: "/v1/{name=shelves/*}"};
    option (selvedge.policy.v1.policy).cost = 2;
  }
  rpc GetBook(GetBookRequest) returns (Book) {
    option (google.api.http) = {get: "/v1/{name=shelves/*/books/*}"};
    option (selvedge.policy.v1.policy).cost = 7;
  }
  rpc ListBooks(ListBooksRequest) returns (ListBooksResponse) {
    option (google.api.http) = {get: "/v1/{parent=shelves/*}/books"};
    option (selvedge.policy.v1.policy).cost = 3;
  }
}
"""
