"""What a document may be: bytes, tokens, depth, and what production hides."""

import time

import pytest
from graphql import get_introspection_query

from edge.graphql.guard import Bounds, read_document
from mesh.errors import InvalidArgument

BOUNDS = Bounds()


def nested(depth: int) -> str:
    return "{ a " * depth + "}" * depth


def padded(size: int) -> str:
    return "{ a } #".ljust(size, "x")


def refused(text: str) -> str:
    with pytest.raises(InvalidArgument) as caught:
        read_document(text, BOUNDS)
    return caught.value.reason


def test_a_document_at_each_bound_passes():
    read_document(padded(BOUNDS.document_bytes), BOUNDS)
    read_document(nested(BOUNDS.depth_max), BOUNDS)
    read_document("{ " + "a " * (BOUNDS.tokens_max - 2) + "}", BOUNDS)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (padded(BOUNDS.document_bytes + 1), "SIZE_LIMIT"),
        (padded(BOUNDS.document_bytes - 1) + "é", "SIZE_LIMIT"),
        ("{ " + "a " * (BOUNDS.tokens_max - 1) + "}", "TOKEN_LIMIT"),
        (nested(BOUNDS.depth_max + 1), "DEPTH_LIMIT"),
        (nested(300), "DEPTH_LIMIT"),
        ("{ a(b: " + "[" * 400 + "]" * 400 + ") }", "DEPTH_LIMIT"),
        ("{ a { ...F } } fragment F on T " + nested(8), "DEPTH_LIMIT"),
        ("{ a { ... on T " + nested(8) + " } }", "DEPTH_LIMIT"),
        ("query A { a } query B " + nested(9), "DEPTH_LIMIT"),
    ],
)
def test_one_more_is_refused(text, reason):
    assert refused(text) == reason


def test_fragments_that_spread_each_other_are_measured_once():
    fragments = [f"fragment F{i} on T {{ ...F{i + 1} ...F{i + 1} }}" for i in range(90)]
    text = " ".join(["{ ...F0 }", *fragments, "fragment F90 on T { a }"])
    before = time.process_time()
    read_document(text, BOUNDS)
    assert time.process_time() - before < 0.5


async def test_a_circle_of_fragments_ends_in_validation(edge):
    _, errors = await edge.ask(
        "{ products { ...F } } fragment F on ProductConnection { nodes { title } ...F }"
    )
    assert "Cannot spread fragment" in errors[0]["message"]
    assert errors[0]["extensions"]["code"] == "INVALID_ARGUMENT"


async def test_a_refusal_is_an_error_of_the_request(edge):
    data, errors = await edge.ask("query Named " + nested(9))
    assert data is None
    assert errors[0]["extensions"]["reason"] == "DEPTH_LIMIT"
    assert errors[0]["extensions"]["code"] == "INVALID_ARGUMENT"


async def test_one_of_several_operations_must_be_named(edge):
    query = 'query A { __typename } mutation B { deleteProduct(name: "products/p1") }'
    data, errors = await edge.ask(query)
    assert (data, errors[0]["extensions"]["reason"]) == (None, "OPERATION_NAME")
    named = await edge.schema.execute(query, context_value=edge.open, operation_name="A")
    assert named.data == {"__typename": "Query"}
    assert edge.caller.calls == []


async def test_a_document_asked_twice_is_validated_once_and_answered_twice(edge):
    for title in ("Product 0", "Product 0"):
        data = await edge.data("{ products(first: 1) { nodes { title } } }")
        assert data["products"]["nodes"] == [{"title": title}]
    for _ in range(2):
        _, errors = await edge.ask("{ prodcts { nodes { title } } }")
        assert "Did you mean" in errors[0]["message"]


async def test_the_introspection_of_graphiql_passes_in_development(edge):
    data = await edge.data(get_introspection_query(input_value_deprecation=True))
    assert data["__schema"]["queryType"]["name"] == "Query"


@pytest.mark.parametrize(
    "query", ["{ __schema { types { name } } }", '{ __type(name: "Product") { name } }']
)
async def test_production_does_not_describe_itself(production, query):
    data, errors = await production.ask(query)
    assert data is None
    assert "introspection" in errors[0]["message"]


async def test_production_says_type_names(production):
    data = await production.data("{ __typename products(first: 1) { __typename } }")
    assert data == {"__typename": "Query", "products": {"__typename": "ProductConnection"}}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ prodcts { nodes { title } } }", None),
        ("{ products(frst: 1) { nodes { title } } }", None),
        ("{ products { nodes { ... on Prodct { title } } } }", None),
        ("mutation($p: ProductUpdateInput!) { updateProduct(product: $p) { name } }",
         {"p": {"name": "products/p1", "titel": "x"}}),
        ('mutation { updateProduct(product: {name: "n", state: ACTIV}) { name } }', None),
    ],
)  # fmt: skip
async def test_production_suggests_no_names(production, edge, query, variables):
    _, helpful = await edge.ask(query, variables)
    assert "Did you mean" in helpful[0]["message"]
    _, errors = await production.ask(query, variables)
    assert "Did you mean" not in errors[0]["message"]
