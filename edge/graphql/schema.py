"""The Strawberry schema of a set of contracts."""

import re
from functools import partial
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import DisableIntrospection
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.schema.name_converter import NameConverter
from strawberry.types import ExecutionContext

from edge.contracts.derived import Derived
from edge.contracts.operations import OperationKind
from edge.errors import graphql_extensions, masked
from edge.graphql.execution import Opening
from edge.graphql.fields import OutputField, object_type
from edge.graphql.guard import Documents, Guard
from edge.graphql.inputs import Inputs
from edge.graphql.leaves import Leaves
from edge.graphql.outputs import Outputs
from edge.graphql.roots import node_field, root_field
from edge.graphql.scalars import SCALARS
from mesh.errors import Internal, InvalidArgument, MeshError
from mesh.telemetry.tracing import current_trace_id

_SUGGESTION = re.compile(r" ?Did you mean .*$", re.DOTALL)


class EdgeSchema(strawberry.Schema):
    """A schema whose errors say what the error tree says (R14)."""

    def __init__(self, *args: Any, suggests: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._suggests = suggests

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Gives every error its message and extensions, as a client may see them.

        A failed call that nulls several fields is one error at the first of them, with all of them
        in `extensions.paths`: what went wrong once is told once.
        """
        trace_id = current_trace_id()
        by_cause: dict[int, tuple[MeshError, list[GraphQLError]]] = {}
        for error in errors:
            cause = _mesh_error(error)
            by_cause.setdefault(id(cause), (cause, []))[1].append(error)
        errors[:] = [self._told(cause, same, trace_id) for cause, same in by_cause.values()]

    def _told(self, cause: MeshError, same: list[GraphQLError], trace_id: str) -> GraphQLError:
        first, known = same[0], masked(cause, trace_id)
        first.message = known.message if self._suggests else _SUGGESTION.sub("", known.message)
        first.extensions = graphql_extensions(known, trace_id)
        if len(same) > 1:
            first.extensions["paths"] = [error.path for error in same]
        return first


def build_schema(derived: Derived, *, production: bool) -> EdgeSchema:
    """Returns the schema of the methods that the edge offers.

    In production it neither describes itself nor suggests names.
    """
    leaves = Leaves(derived.contracts, derived.names)
    inputs = Inputs(derived, leaves)
    outputs = Outputs(derived, leaves, inputs)
    roots: dict[OperationKind, list[OutputField]] = {
        OperationKind.QUERY: [node_field(derived, outputs)],
        OperationKind.MUTATION: [],
        OperationKind.SUBSCRIPTION: [],
    }
    for operation in derived.operations.values():
        if operation.exposed:
            roots[operation.kind].append(root_field(derived, operation, outputs, inputs))
    outputs.finish()
    inputs.finish()
    query, mutation, subscription = (
        object_type(kind.name.capitalize(), fields=fields) if fields else None
        for kind, fields in roots.items()
    )
    return EdgeSchema(
        query,
        mutation,
        subscription,
        types=outputs.nodes(),
        extensions=[
            Opening,
            partial(Guard, Documents()),
            *([DisableIntrospection] if production else []),
        ],
        config=StrawberryConfig(name_converter=NameConverter(False), scalar_map=SCALARS),
        suggests=not production,
    )


def _mesh_error(error: GraphQLError) -> MeshError:
    """What an error says in our words: a resolver's own, or that of the document or the answer."""
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if isinstance(cause, MeshError):
        return cause
    if isinstance(cause, CannotGetOperationTypeError):
        return InvalidArgument(cause.as_http_error_reason(), reason="OPERATION_NAME")
    if cause is None and error.path is None:
        return InvalidArgument(error.message, reason="GRAPHQL_DOCUMENT")
    internal = Internal(error.message)
    internal.__cause__ = cause
    return internal
