"""The merging of fields: what graphql-core's rule refuses is refused, and nothing else."""

import time
from random import Random

import pytest
from graphql import (
    DocumentNode,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    build_schema,
    parse,
    specified_rules,
    validate,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.graphql.guard.fields import Fields
from edge.graphql.guard.merge import find_conflict

SCHEMA = build_schema(
    """
    interface Being { name: String near(n: Int, o: Options): Being }
    type Cat implements Being { name: String near(n: Int, o: Options): Being age: Int! at: [Int!] }
    type Dog implements Being { name: String near(n: Int, o: Options): Being age: Int at: [Int]! }
    union Any = Cat | Dog
    input Options { a: Int b: [String] }
    type Query { being: Being cat(n: Int): Cat dog: Dog any: Any anys: [Any!]! all: [Being] }
    """
)
UNMINDED = (OverlappingFieldsCanBeMergedRule, NoUnusedVariablesRule)
MINDED = [rule for rule in specified_rules if rule not in UNMINDED]
FIELDS = {
    "Query": ["being", "cat", "dog", "any", "anys", "all"],
    "Being": ["name", "near"],
    "Cat": ["name", "near", "age", "at"],
    "Dog": ["name", "near", "age", "at"],
    "Any": ["__typename"],
}
LEADS = {
    "being": "Being", "cat": "Cat", "dog": "Dog", "any": "Any", "anys": "Any", "all": "Being",
    "near": "Being",
}  # fmt: skip
ARGUMENTS = {
    "near": [
        "", "(n: 1)", "(n: 2)", "(o: {a: 1, b: []})", "(o: {b: [], a: 1})", '(o: {b: ["x"]})',
        '(o: {b: ["""x"""]})', "(n: $n)", "(n: $m)", "(n: 1, o: {})", "(o: {}, n: 1)", "(n: null)",
    ],
    "cat": ["", "(n: 1)", "(n: $n)"],
}  # fmt: skip
BEINGS = ["Being", "Cat", "Dog", "Any"]


class Drawn:
    """Draws documents that are valid more often than not, and often hold a conflict."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def document(self) -> DocumentNode:
        on = {name: self._random.choice(BEINGS) for name in "FGH"}
        fragments = [
            f"fragment {name} on {type_} {self._set(type_, 2)}" for name, type_ in on.items()
        ]
        return parse(f"query($n: Int, $m: Int) {self._set('Query', 3)}" + " ".join(fragments))

    def _set(self, parent: str, depth: int) -> str:
        parts = [self._part(parent, depth) for _ in range(self._random.randint(1, 4))]
        return "{ " + " ".join(parts) + " }"

    def _part(self, parent: str, depth: int) -> str:
        kind = self._random.random()
        if depth and kind < 0.1:
            return "... " + self._set(parent, depth - 1)
        if depth and kind < 0.3 and parent != "Query":
            kin = [parent, "Being", "Any"] if parent in ("Cat", "Dog") else BEINGS
            on = self._random.choice(kin)
            return f"... on {on} " + self._set(on, depth - 1)
        if kind < 0.4 and parent != "Query" and depth != 2:
            return self._random.choice(["...F", "...G", "...H"])
        return self._field(parent, depth)

    def _field(self, parent: str, depth: int) -> str:
        names = [name for name in FIELDS[parent] if depth or name not in LEADS]
        name = self._random.choice(names or ["__typename"])
        alias = self._random.choice(["", "", "a: ", "name: "])
        arguments = self._random.choice(ARGUMENTS.get(name, [""]))
        below = self._set(LEADS[name], depth - 1) if name in LEADS else ""
        return f"{alias}{name}{arguments} {below}"


def conflicts(document: DocumentNode) -> list[str]:
    fields = Fields(SCHEMA, document)
    operations = [n for n in document.definitions if isinstance(n, OperationDefinitionNode)]
    found = [find_conflict(fields, operation) for operation in operations]
    return [error.message for error in found if error]


def of_graphql_core(document: DocumentNode) -> list[str]:
    errors = validate(SCHEMA, document, [OverlappingFieldsCanBeMergedRule])
    return [error.message for error in errors]


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.randoms(use_true_random=True))
def test_bar_39_the_same_documents_are_refused(random):
    drawn = Drawn(random)
    for _ in range(15):
        document = without_unused(drawn.document())
        if not validate(SCHEMA, document, MINDED, max_errors=1):
            assert bool(conflicts(document)) == bool(of_graphql_core(document))


def without_unused(document: DocumentNode) -> DocumentNode:
    """Unused fragments are refused by another rule; here they would be compared by one alone."""
    while True:
        unused = validate(SCHEMA, document, [NoUnusedFragmentsRule])
        nodes = [node for error in unused for node in error.nodes or ()]
        if not nodes:
            return document
        kept = tuple(node for node in document.definitions if node not in nodes)
        document = DocumentNode(definitions=kept)


@pytest.mark.parametrize(
    "text",
    [
        "{ cat { a: name a: age } }",
        "{ cat { near(n: 1) { name } near(n: 2) { name } } }",
        "{ any { ... on Cat { age } ... on Dog { age } } }",
        "{ any { ... on Cat { at } ... on Dog { at } } }",
        "{ any { ... on Cat { x: near { name } } ... on Dog { x: name } } }",
        "{ any { ... on Cat { x: near { y: name } } ... on Dog { x: near { y: __typename } } } }",
        "{ being { near { name } ... on Cat { near(n: 1) { name } } } }",
        "{ being { ... on Cat { near { x: name } } near { ... on Dog { x: age } } } }",
        "{ cat { ...F } a: cat { ...G } } fragment F on Cat { x: age } fragment G on Cat { x: at }",
        "{ cat { ...F ...G } } fragment F on Cat { x: name } fragment G on Cat { x: at }",
        "{ all { x: name } all { x: __typename } }",
        "{ x: __typename x: __typename }",
        "{ dog { x: __typename x: name } }",
        "{ any { ... on Cat { x: __typename } ... on Dog { x: at } } }",
        "{ __schema { types { x: name } types { x: kind } } }",
        "{ __schema { types { x: name } types { y: kind } } }",
        '{ __type(name: "Cat") { name } __type(name: "Dog") { name } }',
        "subscription { a }",
    ],
)
def test_bar_39_one_conflict_at_a_time(text):
    document = parse(text)
    assert bool(conflicts(document)) == bool(of_graphql_core(document))


def test_a_conflict_says_what_graphql_core_says():
    document = parse("{ cat { a: name a: age } }")
    assert conflicts(document) == of_graphql_core(document)


@pytest.mark.slow
def test_bar_39_many_fields_of_one_name_are_compared_once_each():
    spent = {}
    for count in (500, 4_000):
        document = parse("{ cat { " + "near(n: 1) { name } " * count + "} }")
        before = time.process_time()
        assert conflicts(document) == []
        spent[count] = time.process_time() - before
    assert spent[4_000] < 30 * spent[500]  # each with each would be 64 times as long
