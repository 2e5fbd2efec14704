"""Bounds a document before it is validated, and prices its operations before they run.

Time is linear in the document. The order: bytes, tokens, brackets, what is asked for with fragments
written out, validation, and with the variables of a request the cost.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    TokenKind,
    parse,
)

from edge.config import EdgeSettings
from edge.graphql.cost import Prices
from edge.graphql.guard.charge import Charge, Charges
from edge.graphql.guard.fields import Fields
from edge.graphql.guard.introspection import Introspection
from edge.graphql.guard.measure import NESTING_MAX, Extent, TooNested, measure
from edge.graphql.guard.merge import find_conflict
from edge.graphql.guard.prune import without_repeated_leaves
from edge.graphql.guard.validate import ERRORS_MAX, Validation
from mesh.errors import InvalidArgument

KEPT_DOCUMENTS_MAX = 1_024
KEPT_BYTES_MAX = 32 * 2**20
TOKEN_BYTES = 600
"""About what a token takes in memory, with the nodes that are read from it."""
INTROSPECTION_DEPTH_MAX = 20
_OPENING = frozenset({TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L})
_CLOSING = frozenset({TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R})


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a document may be and what it may ask for; each value passes, one more does not."""

    depth_max: int = 8
    aliases_max: int = 15
    root_fields_max: int = 10
    directives_max: int = 50
    tokens_max: int = 1_000
    cost_max: int = 1_000
    first_max: int = 100
    document_bytes_max: int = 16 * 1024

    @classmethod
    def of(cls, settings: EdgeSettings) -> "Bounds":
        """Returns the bounds that the settings name."""
        return cls(
            depth_max=settings.graphql_depth_max,
            aliases_max=settings.graphql_aliases_max,
            root_fields_max=settings.graphql_root_fields_max,
            directives_max=settings.graphql_directives_max,
            tokens_max=settings.graphql_tokens_max,
            cost_max=settings.graphql_cost_max,
            first_max=settings.graphql_first_max,
            document_bytes_max=settings.graphql_document_bytes_max,
        )


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class KnownOperation:
    """One operation of a document that is within bounds; `costs` is None where it is not valid."""

    bounds: Bounds
    node: OperationDefinitionNode
    costs: Charge | None

    @property
    def type(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.node.operation

    def charge(self, variables: Mapping[str, object]) -> int:
        """Returns what the operation costs with these variables, as they were sent.

        Raises:
            InvalidArgument: it costs too much (COST_LIMIT), or a `first` is none (FIRST_LIMIT).
        """
        if self.costs is None:
            return 0
        cost = self.costs.of(variables, self.bounds.first_max)
        if cost > self.bounds.cost_max:
            raise InvalidArgument(
                f"the operation costs {cost}; the limit is {self.bounds.cost_max}",
                reason="COST_LIMIT",
            )
        return cost


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Known:
    """A parsed document within bounds, what validation found wrong with it, its operations.

    `weight` is about what it takes to keep, in bytes.
    """

    document: DocumentNode
    errors: tuple[GraphQLError, ...]
    operations: tuple[KnownOperation, ...]
    weight: int

    def operation(self, name: str | None) -> KnownOperation:
        """Returns the operation of that name; without a name, the only one.

        Raises:
            InvalidArgument: there is none, or which one is not said (OPERATION_NAME).
        """
        if name is None:
            if len(self.operations) > 1:
                raise InvalidArgument(
                    "the document has several operations: say which one by operationName",
                    reason="OPERATION_NAME",
                )
            if self.operations:
                return self.operations[0]
        for operation in self.operations:
            if operation.node.name and operation.node.name.value == name:
                return operation
        what = f"called {name[:100]!r}" if name is not None else "to run"
        raise InvalidArgument(f"the document has no operation {what}", reason="OPERATION_NAME")


class Documents:
    """Reads documents within bounds for one schema; keeps the latest by their text."""

    def __init__(
        self,
        bounds: Bounds,
        prices: Prices,
        schema: GraphQLSchema,
        *,
        production: bool = False,
        kept_bytes_max: int = KEPT_BYTES_MAX,
    ) -> None:
        self._bounds = bounds
        self._prices = prices
        self._schema = schema
        self._validation = Validation(schema, production=production)
        self._introspection = Introspection(schema)
        self._kept: OrderedDict[str, Known] = OrderedDict()
        self._kept_bytes = 0
        self._kept_bytes_max = kept_bytes_max

    def read(self, text: str) -> Known:
        """Returns what is known of a document, valid or not.

        Raises:
            InvalidArgument: a bound is broken; the reason says which.
            GraphQLSyntaxError: the text is no GraphQL.
        """
        known = self._kept.get(text)
        if known is not None:
            self._kept.move_to_end(text)
            return known
        known = self._know(text)
        self._keep(text, known)
        return known

    def _keep(self, text: str, known: Known) -> None:
        self._kept[text] = known
        self._kept_bytes += known.weight
        while len(self._kept) > KEPT_DOCUMENTS_MAX or self._kept_bytes > self._kept_bytes_max:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= oldest.weight

    def _know(self, text: str) -> Known:
        document = _parse(text, self._bounds)
        tokens, has_variables = _tokens(document, self._bounds)
        _check_extents(document, self._bounds)
        document = without_repeated_leaves(document)
        nodes = [n for n in document.definitions if isinstance(n, OperationDefinitionNode)]
        errors = self._validation.errors(document, tokens, has_variables=has_variables)
        costs: list[Charge | None] = [None] * len(nodes)
        if not errors:
            fields = Fields(self._schema, document)
            errors = [error for node in nodes if (error := find_conflict(fields, node))]
            costs = costs if errors else self._price(fields, nodes)
        known = map(partial(KnownOperation, self._bounds), nodes, costs)
        weight = len(text) + tokens * TOKEN_BYTES
        return Known(document, tuple(errors[:ERRORS_MAX]), tuple(known), weight)

    def _price(self, fields: Fields, nodes: list[OperationDefinitionNode]) -> list[Charge | None]:
        charges = Charges(fields, self._prices, self._bounds.first_max)
        limit = self._introspection.answered_max
        for node in nodes:
            answered = self._introspection.answered(fields, node)
            if answered > limit:
                raise _refusal("COST_LIMIT", f"asks {answered} things of the schema itself", limit)
        return [charges.of(node) for node in nodes]


def _parse(text: str, bounds: Bounds) -> DocumentNode:
    size = len(text.encode(errors="surrogatepass"))
    if size > bounds.document_bytes_max:
        raise _refusal("SIZE_LIMIT", f"is {size} bytes long", bounds.document_bytes_max)
    try:
        document = parse(text, max_lexical_tokens=bounds.tokens_max)
    except GraphQLSyntaxError as error:
        if "tokens. Parsing aborted" in error.message:
            raise _refusal("TOKEN_LIMIT", "has too many tokens", bounds.tokens_max) from None
        if "nested too deeply" in error.message:
            raise _too_deep(bounds) from None
        raise
    return document


def _tokens(document: DocumentNode, bounds: Bounds) -> tuple[int, bool]:
    """Returns how many tokens a document has, and whether variables are among them.

    Refuses one whose brackets lie too deep within each other.
    """
    count = depth = 0
    variables = False
    token = document.loc and document.loc.start_token
    while token:
        count += 1
        if token.kind in _OPENING:
            depth += 1
            if depth > NESTING_MAX:
                raise _too_deep(bounds)
        elif token.kind in _CLOSING:
            depth -= 1
        elif token.kind is TokenKind.DOLLAR:
            variables = True
        token = token.next
    return count, variables


def _check_extents(document: DocumentNode, bounds: Bounds) -> None:
    try:
        extents = measure(document)
    except TooNested:
        raise _too_deep(bounds) from None
    for extent in extents:
        _check(extent, bounds)
    selections = sum(extent.selections for extent in extents)
    if selections > bounds.tokens_max:
        found = f"selects {selections} times once its fragments are written out"
        raise _refusal("TOKEN_LIMIT", found, bounds.tokens_max)


def _check(extent: Extent, bounds: Bounds) -> None:
    for reason, value, limit, what in (
        ("DEPTH_LIMIT", extent.depth, bounds.depth_max, "is {} levels deep"),
        (
            "DEPTH_LIMIT",
            extent.introspection_depth,
            INTROSPECTION_DEPTH_MAX,
            "asks {} levels deep what the schema is",
        ),
        ("ROOT_FIELD_LIMIT", extent.fields, bounds.root_fields_max, "has {} root fields"),
        ("ALIAS_LIMIT", extent.aliases, bounds.aliases_max, "has {} aliases"),
        ("DIRECTIVE_LIMIT", extent.directives, bounds.directives_max, "has {} directives"),
    ):
        if value > limit:
            raise _refusal(reason, what.format(value), limit)


def _too_deep(bounds: Bounds) -> InvalidArgument:
    return _refusal("DEPTH_LIMIT", "is too deep to read", bounds.depth_max)


def _refusal(reason: str, found: str, limit: int) -> InvalidArgument:
    return InvalidArgument(f"the document {found}; the limit is {limit}", reason=reason)
