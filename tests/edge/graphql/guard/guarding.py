"""A guard over the shop's contracts, and what it says of a document."""

from collections.abc import Mapping
from functools import cache

from graphql import GraphQLSyntaxError

from edge.contracts.derived import Derived
from edge.graphql.cost import find_prices
from edge.graphql.guard import Bounds, Documents
from edge.graphql.schema import build_schema
from mesh.errors import InvalidArgument

INVALID = "GRAPHQL_DOCUMENT"
NO_GRAPHQL = "GRAPHQL_SYNTAX"


@cache
def documents_of(derived: Derived, bounds: Bounds | None = None) -> Documents:
    return Documents(bounds or Bounds(), find_prices(derived), build_schema(derived)._schema)


def verdict(
    documents: Documents, text: str, variables: Mapping[str, object] | None = None
) -> str | int:
    """Returns what the only operation of a document costs, or the reason why it may not run."""
    try:
        known = documents.read(text)
        return INVALID if known.errors else known.operation(None).charge(variables or {})
    except InvalidArgument as error:
        return error.reason
    except GraphQLSyntaxError:
        return NO_GRAPHQL
