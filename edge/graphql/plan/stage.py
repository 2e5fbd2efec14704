"""A query as stages: each is one answer, what is projected from it, and the joins below."""

from collections import Counter
from dataclasses import dataclass

from graphql import FieldNode, GraphQLObjectType, OperationDefinitionNode, get_named_type
from strawberry import Schema

from edge.contracts.derived import Derived
from edge.contracts.fetchers import Fetchers
from edge.contracts.joins import ForwardJoin
from edge.contracts.model import Method
from edge.contracts.operations import Operation, OperationKind
from edge.contracts.resources import Resource
from edge.graphql.plan.arguments import Given
from edge.graphql.plan.projection import (
    TYPENAME,
    NotCompiled,
    Projection,
    Wanted,
    definition_of,
    object_of,
)
from edge.graphql.read_mask import read_mask
from edge.graphql.selection import Selector
from edge.loading.stage import Joined, Stage


@dataclass(frozen=True, slots=True)
class Fetched:
    """A resource that a root field reads by nothing but its key."""

    resource: Resource
    fetchers: Fetchers


@dataclass(frozen=True, slots=True)
class Root:
    """A root field: a call with its read mask (R10), and the stage of its answer."""

    key: str
    operation: Operation
    given: Given
    stage: Stage
    nodes: list[FieldNode]
    fetched: Fetched | None
    mask: bytes


@dataclass(frozen=True)
class Plan:
    """A query that is compiled. `answer` holds every response key, in order.

    Roots in `together` read resources of which several are asked for, so one call reads them.
    """

    answer: dict[str, str | None]
    alone: tuple[Root, ...]
    together: tuple[Root, ...]


class Compiler:
    """Compiles the queries of one schema."""

    def __init__(self, schema: Schema, derived: Derived) -> None:
        self._schema = schema
        self._derived = derived

    def plan(self, operation: OperationDefinitionNode, selector: Selector) -> Plan:
        """Returns the plan of a valid query.

        Raises:
            NotCompiled: it asks for something that is left to graphql-core.
        """
        query = selector.schema.query_type
        assert query
        fields = selector.of_sets(query, [operation.selection_set])
        answer: dict[str, str | None] = dict.fromkeys(fields)
        roots = []
        for key, nodes in fields.items():
            if nodes[0].name.value == TYPENAME:
                answer[key] = query.name
            else:
                roots.append(self._root(query, key, nodes, selector))
        several = Counter(root.fetched and root.fetched.resource for root in roots)
        together = [r for r in roots if r.fetched and several[r.fetched.resource] > 1]
        alone = [root for root in roots if root not in together]
        return Plan(answer, tuple(alone), tuple(together))

    def _root(
        self, query: GraphQLObjectType, key: str, nodes: list[FieldNode], selector: Selector
    ) -> Root:
        field = query.fields.get(nodes[0].name.value)
        if field is None:
            raise NotCompiled("introspection")
        definition = definition_of(field)
        operation = definition.fact
        if not isinstance(operation, Operation) or operation.kind is not OperationKind.QUERY:
            raise NotCompiled(nodes[0].name.value)
        if operation.update_mask:
            raise NotCompiled("masks of what changes")
        return Root(
            key,
            operation,
            Given(self._schema, field, definition, nodes[0]),
            self._stage(object_of(field.type), nodes, selector),
            nodes,
            self._fetched(operation.method, nodes[0]),
            read_mask(operation, get_named_type(field.type), nodes, selector),
        )

    def _fetched(self, method: Method, node: FieldNode) -> Fetched | None:
        """Returns what a Get reads, where a BatchGet can read it too."""
        resource = self._derived.resources.by_message.get(method.output.full_name)
        fetchers = self._derived.fetchers.get(method.output.full_name)
        if resource is None or fetchers is None or not (fetchers.get and fetchers.batch_get):
            return None
        name = fetchers.get.name_field
        alone = len(node.arguments or ()) == 1 and name.required and not name.oneof
        return Fetched(resource, fetchers) if alone and fetchers.get.method is method else None

    def _stage(self, type_: GraphQLObjectType, nodes: list[FieldNode], selector: Selector) -> Stage:
        projection = Projection(selector)
        project = projection.of(type_, nodes)
        return Stage(project, tuple(self._joined(j, selector) for j in projection.joins))

    def _joined(self, wanted: Wanted, selector: Selector) -> Joined:
        return Joined(
            wanted.key,
            wanted.join,
            Given(self._schema, wanted.field, wanted.definition, wanted.nodes[0]),
            isinstance(wanted.join, ForwardJoin) and _only_key(wanted, wanted.join, selector),
            self._stage(wanted.type, wanted.nodes, selector),
            wanted.nodes,
        )


def _only_key(wanted: Wanted, join: ForwardJoin, selector: Selector) -> bool:
    """Says whether a selection asks for nothing that the reference does not hold itself."""
    names = {n[0].name.value for n in selector.fields(wanted.type, wanted.nodes).values()}
    fields = (wanted.type.fields[name] for name in names if name != TYPENAME)
    return all(definition_of(field).fact is join.target.key for field in fields)
