"""The border where errors become entries of a GraphQL answer (R14)."""

import logging
import re
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError, ValueNode

from edge.errors import graphql_extensions, masked
from mesh.errors import Internal, InvalidArgument, MeshError
from mesh.telemetry.tracing import current_trace_id

log = logging.getLogger(__name__)

Entry = dict[str, Any]

DOCUMENT = "GRAPHQL_DOCUMENT"
LOGGED_MAX = 3
_SUGGESTION = re.compile(r" ?Did you mean .*$", re.DOTALL)


class Teller:
    """Says errors as a client may hear them.

    Where `suggests` is false nobody learns a name from an error: suggestions are cut off, and of
    a document that does not fit the schema one error says no more than that.
    """

    def __init__(self, *, suggests: bool) -> None:
        self._suggests = suggests

    def tell(self, errors: Sequence[GraphQLError]) -> list[Entry]:
        """Returns the entries of errors met while a document ran.

        A failed call that nulls several fields is one error at the first of them, with all of them
        in `extensions.paths`: what went wrong once is told once.
        """
        trace_id = current_trace_id()
        by_cause: dict[int, tuple[MeshError, list[GraphQLError]]] = {}
        for error in errors:
            cause = _cause(error)
            by_cause.setdefault(id(cause), (cause, []))[1].append(error)
        return [self._entry(cause, same, trace_id) for cause, same in by_cause.values()]

    def tell_misfit(self, errors: Sequence[GraphQLError]) -> list[Entry]:
        """Returns the entries of a document that does not fit the schema."""
        if self._suggests:
            return self.tell(errors)
        said = "; ".join(error.message for error in errors[:LOGGED_MAX])
        log.info("a document was refused: %s", said)
        introspects = any("introspection" in error.message for error in errors)
        message = "introspection is off" if introspects else "the document does not fit the schema"
        return self.tell([GraphQLError(message)])

    def tell_refusal(self, error: MeshError) -> list[Entry]:
        """Returns the entry of an error of the whole request."""
        return self.tell([GraphQLError(error.message, original_error=error)])

    def _entry(self, cause: MeshError, same: list[GraphQLError], trace_id: str) -> Entry:
        first, known = same[0], masked(cause, trace_id)
        message = known.message if self._suggests else _SUGGESTION.sub("", known.message)
        entry: Entry = {"message": message}
        if first.locations:
            entry["locations"] = [{"line": at.line, "column": at.column} for at in first.locations]
        if first.path is not None:
            entry["path"] = first.path
        entry["extensions"] = graphql_extensions(known, trace_id)
        if code := getattr(known, "graphql_code", ""):
            entry["extensions"]["code"] = code
        if len(same) > 1:
            entry["extensions"]["paths"] = [error.path for error in same]
        return entry


def _cause(error: GraphQLError) -> MeshError:
    """What an error says in our words: a resolver's own, or that of the document or the answer."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error:
        cause = cause.original_error
    if isinstance(cause, MeshError):
        return cause
    if _blames_the_document(error, cause):
        return InvalidArgument(error.message, reason=DOCUMENT)
    internal = Internal(error.message)
    internal.__cause__ = cause
    return internal


def _blames_the_document(error: GraphQLError, cause: Exception) -> bool:
    """Says whether the fault is the client's; what Python raised as it read a value counts too.

    With a path, a value in the document must be named: what is wrong with an answer lies at a
    field, or nowhere.
    """
    if error.path is None:
        return isinstance(cause, GraphQLError) or bool(error.nodes)
    named = cause.nodes or () if isinstance(cause, GraphQLError) else ()
    return any(isinstance(node, ValueNode) for node in named)
