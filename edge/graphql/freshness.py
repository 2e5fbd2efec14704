"""How long an answer to a document may be kept: what the methods that it calls allow (R22)."""

import math
from collections.abc import Iterator, Mapping

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)

from edge.call import Notes
from edge.contracts.derived import Derived
from edge.contracts.model import Method
from edge.contracts.operations import OperationKind
from edge.errors import Headers

NO_STORE = b"no-store"
PRIVATE = b"private, "

Calls = Mapping[tuple[str, str], Method | None]
"""The method that a field calls, by type and field; None where no method is known beforehand."""


class Freshness:
    """Knows the `Cache-Control` of the answers to documents."""

    def __init__(self, schema: GraphQLSchema, calls: Calls) -> None:
        self._schema = schema
        self._calls = calls

    def of(self, document: DocumentNode, operation: OperationDefinitionNode) -> bytes:
        """Returns the header's value for a valid document: the shortest age of its methods.

        `no-store` where a method may not be kept or none is called, `private` where one of them
        is not for everybody.
        """
        root = self._schema.get_root_type(operation.operation)
        assert root
        found = set(_Walk(self._schema, document).fields(root.name, operation.selection_set))
        methods = [self._calls[field] for field in found if field in self._calls]
        known = [method.facts for method in methods if method]
        seconds = min((facts.cache_max_age_seconds for facts in known), default=0)
        if len(known) < len(methods) or seconds < 1:
            return NO_STORE
        scope = b"" if all(facts.public for facts in known) else PRIVATE
        return scope + b"max-age=%d" % math.floor(seconds)


def kept(cache_control: bytes, notes: Notes | None) -> Headers:
    """Returns the headers by which an answer is kept: what a cache of ours knows counts too."""
    if notes and cache_control != NO_STORE:
        if not notes.shared and not cache_control.startswith(PRIVATE):
            cache_control = PRIVATE + cache_control
        if notes.age_seconds:
            age = b"%d" % math.ceil(notes.age_seconds)
            return [(b"cache-control", cache_control), (b"age", age)]
    return [(b"cache-control", cache_control)]


class _Walk:
    """Finds every field that a document asks for, each fragment once."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._seen: set[str] = set()

    def fields(self, type_: str, selections: SelectionSetNode) -> Iterator[tuple[str, str]]:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield from self._field(type_, node)
            elif isinstance(node, FragmentSpreadNode):
                yield from self._fragment(node.name.value)
            else:
                condition = getattr(node, "type_condition", None)
                inner = condition.name.value if condition else type_
                yield from self.fields(inner, node.selection_set)  # type: ignore[attr-defined]  # the third kind there is

    def _field(self, type_: str, node: FieldNode) -> Iterator[tuple[str, str]]:
        name = node.name.value
        yield type_, name
        known = getattr(self._schema.get_type(type_), "fields", {}).get(name)
        if node.selection_set and known:  # introspection's own fields are not in the type
            yield from self.fields(get_named_type(known.type).name, node.selection_set)

    def _fragment(self, name: str) -> Iterator[tuple[str, str]]:
        if name not in self._seen:
            self._seen.add(name)
            fragment = self._fragments[name]
            yield from self.fields(fragment.type_condition.name.value, fragment.selection_set)


def calls_of(derived: Derived) -> Calls:
    """Returns the fields that call methods: roots, and joins both ways (R3, R4, R5)."""
    names, joins = derived.names, derived.joins
    found: dict[tuple[str, str], Method | None] = {("Query", "node"): None}
    for operation in derived.operations.values():
        if operation.exposed and operation.kind is OperationKind.QUERY:
            found["Query", names.field_of(operation.method)] = operation.method
    for later in derived.long_running.values():
        if later.poll:
            found["Query", names.poll_of(later.method)] = later.poll.method
    for owner, forward in joins.forward.items():
        for join in forward if owner in names.types else ():
            fetcher = join.fetchers.batch_get or join.fetchers.get
            found[names.type_of(owner), join.name] = fetcher.method if fetcher else None
    for owner, reverse in joins.reverse.items():
        for back in reverse if owner in names.types else ():
            method = back.batch.method if back.batch else back.list_method
            found[names.type_of(owner), back.name] = method
    return found
