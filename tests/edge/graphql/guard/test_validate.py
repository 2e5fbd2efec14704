"""Validation in parts: what it refuses is what graphql-core refuses, in bounded time (bar 39)."""

from random import Random

import pytest
from graphql import GraphQLSchema, parse, validate
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.graphql.guard import Documents
from edge.graphql.guard.validate import ERRORS_MAX
from tests.edge.graphql.guard.guarding import INVALID, documents_of, verdict
from tests.fuzz.documents import Hostile, Operations, Writing
from tests.fuzz.graphql_guard import search


@pytest.fixture(scope="module")
def documents(shop_contracts) -> Documents:
    return documents_of(shop_contracts)


def drawn(schema: GraphQLSchema, random: Random) -> str:
    """A document that is valid, nearly valid, or hostile."""
    if random.random() < 0.3:
        return Hostile(schema, random).draw()[1][:600]
    text = Writing(random, restless=0.2).write(Operations(schema, random).draw())
    if random.random() < 0.5:
        return text
    return text.replace(random.choice(["name", "nodes", "F1", "first: 3", "id"]), "title", 1)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=True))
def test_bar_39_the_same_documents_are_valid(documents, random):
    for _ in range(12):
        text = drawn(documents._schema, random)
        said = verdict(documents, text)
        if said == INVALID or isinstance(said, int) or said == "COST_LIMIT":
            errors = validate(documents._schema, parse(text), max_errors=1)
            assert (said == INVALID) == bool(errors), text


VARIABLES = [
    "query($a: Int) { products(first: $a) { totalCount } }",
    "query($a: Int) { products { totalCount } }",
    "{ products(first: $a) { totalCount } }",
    "query($a: String) { products(first: $a) { totalCount } }",
    "query($a: String) { product(name: $a) { title } }",
    'query($a: String = "x") { product(name: $a) { title } }',
    "query($a: String!) { batchGetProducts(names: [$a]) { products { title } } }",
    "query($a: Int!) { batchGetProducts(names: [$a]) { products { title } } }",
    "query($a: Boolean!) { __typename products @skip(if: $a) { totalCount } }",
    "query($a: Boolean) { __typename products @skip(if: $a) { totalCount } }",
    "query($a: Boolean!) { ... @include(if: $a) { __typename } }",
    "query($a: Boolean!) { ...F @include(if: $a) } fragment F on Query { __typename }",
    "query($a: Int) { ...F } fragment F on Query { products { ...P } }"
    " fragment P on ProductConnection { nodes { reviews(first: $a) { totalCount } } }",
    "query A($a: Int) { ...F } query B { ...F }"
    " fragment F on Query { products(first: $a) { totalCount } }",
    'mutation($a: String!) { createProduct(product: {title: $a, category: "c"}) { title } }',
    'mutation($a: Int) { createProduct(product: {title: $a, category: "c"}) { title } }',
    "query($a: Int, $a: Int) { products(first: $a) { totalCount } }",
]


@pytest.mark.parametrize("text", VARIABLES)
def test_variables_are_sought_where_they_are(documents, text):
    errors = validate(documents._schema, parse(text))
    found = documents.read(text).errors
    assert {error.message for error in found} == {error.message for error in errors}
    assert sorted(e.locations for e in found) == sorted(e.locations for e in errors)


def test_no_more_errors_are_told_than_somebody_reads(documents):
    unknown = " ".join(f"unknown{i}" for i in range(300))
    errors = documents.read(f"{{ products {{ nodes {{ {unknown} }} }} }}").errors
    assert len(errors) == ERRORS_MAX


def test_a_long_document_is_told_its_errors_without_suggestions(documents):
    short = "{ products { nodes { titel } } }"
    assert "Did you mean" in documents.read(short).errors[0].message
    long = short.replace("titel", "titel " + "... { id } " * 80)
    assert "Did you mean" not in documents.read(long).errors[0].message


@pytest.mark.slow
def test_bar_39_a_search_finds_nothing_slow_and_nothing_unequal():
    found = search(seconds=4.0)
    assert found.slow == []
    assert found.unequal == []
    assert found.documents > 20
    assert found.compared > 0
