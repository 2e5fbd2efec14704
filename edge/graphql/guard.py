"""Bounds a document before it is validated, and prices its operations before they run.

Time is linear in the document. The order: bytes, tokens, brackets, what is asked for with fragments
written out, validation, and with the variables of a request the cost.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    parse,
    validate,
)
from strawberry.extensions import SchemaExtension

from edge.graphql.cost import Prices
from edge.graphql.guard_measure import Extent, TooNested, measure
from mesh.errors import InvalidArgument

if TYPE_CHECKING:
    from edge.config import EdgeSettings

KEPT_DOCUMENTS_MAX = 1_024
KEPT_BYTES_MAX = 2**20
INTROSPECTION_DEPTH_MAX = 20


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
    def of(cls, settings: "EdgeSettings") -> "Bounds":
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


@dataclass(slots=True, eq=False, weakref_slot=True)
class KnownOperation:
    """One operation of a document that is within bounds."""

    node: OperationDefinitionNode
    extent: Extent

    @property
    def type(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.node.operation

    def charge(self, variables: Mapping[str, object]) -> int:
        """Returns what the operation costs with these variables, as they were sent.

        Raises:
            InvalidArgument: it costs too much (COST_LIMIT), or a `first` is none (FIRST_LIMIT).
        """
        return 0


@dataclass(slots=True, eq=False, weakref_slot=True)
class Known:
    """A parsed document within bounds, what validation found wrong with it, its operations."""

    document: DocumentNode
    errors: tuple[GraphQLError, ...]
    operations: tuple[KnownOperation, ...]
    valid: bool = False

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
    """Reads documents within bounds; keeps the latest by their text."""

    def __init__(
        self,
        bounds: Bounds | None = None,
        prices: Prices | None = None,
        schema: GraphQLSchema | None = None,
        *,
        production: bool = False,
    ) -> None:
        self._bounds = bounds or Bounds()
        self._prices = prices or {}
        self._schema = schema
        self._production = production
        self._kept: OrderedDict[str, Known] = OrderedDict()
        self._kept_bytes = 0

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
        self._kept_bytes += len(text)
        while len(self._kept) > KEPT_DOCUMENTS_MAX or self._kept_bytes > KEPT_BYTES_MAX:
            oldest, _ = self._kept.popitem(last=False)
            self._kept_bytes -= len(oldest)

    def _know(self, text: str) -> Known:
        document = _parse(text, self._bounds)
        operations = _operations(document, self._bounds)
        errors = validate(self._schema, document) if self._schema else ()
        return Known(document, tuple(errors), operations)


class Guard(SchemaExtension):
    """Parses the document of an operation within bounds, in place of Strawberry."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._known: Known | None = None

    def on_parse(self) -> Iterator[None]:
        """Gives the operation its parsed document, or an empty one and the refusal."""
        context = self.execution_context
        try:
            if context.query:
                self._known = self._documents.read(context.query)
                # Strawberry would take the first of several (GraphQL, 6.1: it is an error).
                self._known.operation(context.operation_name)
                context.graphql_document = self._known.document
        except InvalidArgument as error:
            context.graphql_document = _nothing(context.operation_name)
            context.pre_execution_errors = [GraphQLError(error.message, original_error=error)]
        except GraphQLSyntaxError:
            pass  # Strawberry meets it again and says it in its own place
        yield

    def on_validate(self) -> Iterator[None]:
        """Spares a document that was found valid before from being validated again."""
        context, known = self.execution_context, self._known
        if known and known.valid:
            context.pre_execution_errors = []
        yield
        if known and not context.pre_execution_errors:
            known.valid = True


def _nothing(operation_name: str | None) -> DocumentNode:
    """Returns a document that asks for nothing, under the name that the request gives."""
    name = NameNode(value=operation_name) if operation_name else None
    field = FieldNode(name=NameNode(value="__typename"))
    operation = OperationDefinitionNode(
        operation=OperationType.QUERY,
        name=name,
        selection_set=SelectionSetNode(selections=(field,)),
    )
    return DocumentNode(definitions=(operation,))


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
            raise _refusal("DEPTH_LIMIT", "is too deep to read", bounds.depth_max) from None
        raise
    return document


def _operations(document: DocumentNode, bounds: Bounds) -> tuple[KnownOperation, ...]:
    try:
        measured = measure(document)
    except TooNested:
        raise _refusal("DEPTH_LIMIT", "is too deep to read", bounds.depth_max) from None
    for _, extent in measured:
        _check(extent, bounds)
    selections = sum(extent.selections for _, extent in measured)
    if selections > bounds.tokens_max:
        found = f"selects {selections} times once its fragments are written out"
        raise _refusal("TOKEN_LIMIT", found, bounds.tokens_max)
    return tuple(KnownOperation(node, extent) for node, extent in measured)


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


def _refusal(reason: str, found: str, limit: int) -> InvalidArgument:
    return InvalidArgument(f"the document {found}; the limit is {limit}", reason=reason)
