"""How long an answer to a document may be kept."""

import pytest
from graphql import parse

from edge.call import Notes
from edge.graphql.freshness import Freshness, calls_of, kept

POLICIES = """
import "selvedge/policy/v1/policy.proto";
message Shelf {
  option (google.api.resource) = {type: "odd.example/Shelf" pattern: "shelves/{shelf}"};
  string name = 1;
}
message Book {
  option (google.api.resource) = {type: "odd.example/Book" pattern: "books/{book}"};
  string name = 1;
  string shelf = 2 [(google.api.resource_reference).type = "odd.example/Shelf"];
}
message GetShelfRequest {
  string name = 1 [(google.api.resource_reference).type = "odd.example/Shelf"];
}
message GetBookRequest {
  string name = 1 [(google.api.resource_reference).type = "odd.example/Book"];
}
service Library {
  rpc GetShelf(GetShelfRequest) returns (Shelf) {
    option (google.api.http) = {get: "/v1/{name=shelves/*}"};
    option (selvedge.policy.v1.policy) = {cache_max_age: {seconds: 10}};
  }
  rpc GetBook(GetBookRequest) returns (Book) {
    option (google.api.http) = {get: "/v1/{name=books/*}"};
    option (selvedge.policy.v1.policy) = {public: true cache_max_age: {seconds: 60}};
  }
  rpc ReadBook(GetBookRequest) returns (Book) {
    option (google.api.http) = {get: "/v1/{name=books/*}:read"};
    option (selvedge.policy.v1.policy) = {public: true};
  }
}
"""


@pytest.mark.parametrize(
    ("query", "cache_control"),
    [
        ('{ book(name: "b") { name } }', b"max-age=60"),
        ('{ shelf(name: "s") { name } }', b"private, max-age=10"),
        ('{ book(name: "b") { shelf { name } } }', b"private, max-age=10"),
        ('{ book(name: "b") { ...F } } fragment F on Book { shelf { name } }',
         b"private, max-age=10"),
        ('{ ... on Query { ... { book(name: "b") { __typename } } } }', b"max-age=60"),
        ('{ book(name: "b") { name } readBook(name: "b") { name } }', b"no-store"),
        ('{ book(name: "b") { name } node(id: "x") { id } }', b"no-store"),
        ("{ __typename }", b"no-store"),
        ("{ __schema { types { name } } }", b"no-store"),
    ],
)  # fmt: skip
def test_r22_the_shortest_age_of_its_methods_is_that_of_an_answer(compiled, query, cache_control):
    edge = compiled(POLICIES)
    document = parse(query)
    freshness = Freshness(edge.schema._schema, calls_of(edge.derived))
    assert freshness.of(document, document.definitions[0]) == cache_control


@pytest.mark.parametrize(
    ("said", "notes", "headers"),
    [
        (b"max-age=60", None, {b"cache-control": b"max-age=60"}),
        (b"max-age=60", Notes(age_seconds=4.2), {b"cache-control": b"max-age=60", b"age": b"5"}),
        (b"max-age=60", Notes(shared=False), {b"cache-control": b"private, max-age=60"}),
        (b"private, max-age=6", Notes(shared=False), {b"cache-control": b"private, max-age=6"}),
        (b"no-store", Notes(age_seconds=4, shared=False), {b"cache-control": b"no-store"}),
    ],
)
def test_r22_what_a_cache_of_ours_knows_is_told(said, notes, headers):
    assert dict(kept(said, notes)) == headers
