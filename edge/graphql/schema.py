"""The Strawberry schema of a set of contracts."""

from graphql import GraphQLInputObjectType
from strawberry import Schema
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter

from edge.contracts.derived import Derived
from edge.contracts.operations import OperationKind
from edge.graphql.fields import BACKREF, OutputField, object_type
from edge.graphql.inputs import Inputs
from edge.graphql.leaves import Leaves
from edge.graphql.long_running import Pace, poll_fields
from edge.graphql.outputs import Outputs
from edge.graphql.roots import node_field, root_field
from edge.graphql.scalars import SCALARS
from edge.loading.pages import FIRST_MAX


def build_schema(
    derived: Derived,
    pace: Pace = Pace(),  # noqa: B008 - it is frozen
    first_max: int = FIRST_MAX,
) -> Schema:
    """Returns the schema of the methods that the edge offers.

    `pace` is that of polls (R17), `first_max` what the arguments of lists say of themselves.
    """
    leaves = Leaves(derived.contracts, derived.names)
    inputs = Inputs(derived, leaves, first_max)
    outputs = Outputs(derived, leaves, inputs)
    roots: dict[OperationKind, list[OutputField]] = {
        OperationKind.QUERY: [node_field(derived, outputs)],
        OperationKind.MUTATION: [],
        OperationKind.SUBSCRIPTION: [],
    }
    for operation in derived.operations.values():
        if operation.exposed:
            roots[operation.kind].append(root_field(derived, operation, outputs, inputs))
    for later in derived.long_running.values():
        type_ = outputs.operation(later)
        for kind, field in poll_fields(later, type_, derived.names, pace):
            roots[kind].append(field)
    outputs.finish()
    inputs.finish()
    query, mutation, subscription = (
        object_type(kind.name.capitalize(), fields=fields) if fields else None
        for kind, fields in roots.items()
    )
    assert query  # it always has `node`
    schema = Schema(
        query,
        mutation,
        subscription,
        types=outputs.nodes(),
        config=StrawberryConfig(name_converter=NameConverter(False), scalar_map=SCALARS),
    )
    _mark_oneofs(schema)
    return schema


def _mark_oneofs(schema: Schema) -> None:
    """Tells graphql-core, which validates documents, what Strawberry tells introspection alone."""
    for type_ in schema._schema.type_map.values():  # Strawberry has no other way to it
        definition = type_.extensions.get(BACKREF)
        if isinstance(type_, GraphQLInputObjectType) and definition:
            type_.is_one_of = definition.is_one_of
