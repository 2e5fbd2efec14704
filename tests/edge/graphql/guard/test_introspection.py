"""How much of the schema an introspection asks for: near enough to what is answered."""

import pytest
from graphql import (
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    get_introspection_query,
    parse,
)

from edge.graphql.guard.fields import Fields
from edge.graphql.guard.introspection import ANSWERED_FIELDS_MIN, Introspection
from tests.edge.graphql.guard.guarding import documents_of


@pytest.fixture(scope="module")
def schema(shop_contracts) -> GraphQLSchema:
    return documents_of(shop_contracts)._schema


def estimated(schema: GraphQLSchema, text: str) -> int:
    document = parse(text)
    (operation, *_) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    return Introspection(schema).answered(Fields(schema, document), operation)


def counted(answer: object) -> int:
    if isinstance(answer, dict):
        return sum(1 + counted(value) for value in answer.values())
    return sum(map(counted, answer)) if isinstance(answer, list) else 0


@pytest.mark.parametrize(
    "text",
    [
        get_introspection_query(),
        get_introspection_query(descriptions=False, input_value_deprecation=True),
        "{ __schema { types { name fields { name args { name } } inputFields { name } } } }",
        "{ __schema { types { a: enumValues { name } b: possibleTypes { name } } } }",
        "{ __schema { types { kind interfaces { name } } directives { name } } }",
    ],
)
def test_the_estimate_is_near_the_answer(schema, text):
    answered = counted(execute_sync(schema, parse(text)).data)
    assert answered / 1.5 < estimated(schema, text) < 1.5 * answered


@pytest.mark.parametrize(
    "text",
    [
        '{ __type(name: "Query") { fields { type { fields { name } } } } }',
        '{ __type(name: "Node") { possibleTypes { fields { name args { name } } } } }',
        "{ __schema { queryType { fields { args { name type { name } } } } } }",
        "{ __schema { types { interfaces { possibleTypes { fields { name } } } } } }",
    ],
)
def test_types_that_are_not_average_are_not_taken_for_it(schema, text):
    assert estimated(schema, text) >= counted(execute_sync(schema, parse(text)).data)


def test_what_is_no_introspection_counts_nothing(schema):
    assert estimated(schema, '{ __typename a: __typename node(id: "x") { id } }') == 0


def test_a_small_schema_may_be_asked_more_than_once():
    small = build_schema("type Query { one: Int }")
    assert Introspection(small).answered_max == ANSWERED_FIELDS_MIN
