"""How long an answer to a document may be kept: what the methods that it calls allow (R22)."""

import math
from collections.abc import Iterator, Mapping

from graphql import (
    DocumentNode,
    GraphQLSchema,
    OperationDefinitionNode,
)

from edge.call import Notes
from edge.contracts.derived import Derived
from edge.contracts.model import Method
from edge.contracts.operations import OperationKind
from edge.errors import Headers
from edge.graphql.guard.fields import Fields, Groups

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
        fields = Fields(self._schema, document)
        found = set(_asked(fields, fields.roots(operation)))
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


def _asked(fields: Fields, groups: Groups) -> Iterator[tuple[str, str]]:
    """Yields every field that is asked for, by type and name, with fragments written out."""
    for same in groups.values():
        for field in same:
            if field.parent:
                yield field.parent.name, field.node.name.value
        yield from _asked(fields, fields.below(same))


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
            found[names.type_of(owner), join.name] = join.fetchers.method
    for owner, reverse in joins.reverse.items():
        for back in reverse if owner in names.types else ():
            found[names.type_of(owner), back.name] = back.method
    return found
