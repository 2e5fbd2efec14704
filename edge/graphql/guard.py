"""Bounds a document before anything else looks at it: bytes, tokens, depth.

The cost is linear in the document: each fragment is measured once, however often it is spread.
Introspection is not measured: its own depth is bounded by graphql-core.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    parse,
)
from strawberry.extensions import SchemaExtension

from mesh.errors import InvalidArgument

KEPT_DOCUMENTS_MAX = 256


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a document may be; each value passes, one more is refused."""

    document_bytes: int = 16 * 1024
    tokens_max: int = 1_000
    depth_max: int = 8


def read_document(text: str, bounds: Bounds) -> DocumentNode:
    """Returns the parsed document.

    Raises:
        InvalidArgument: a bound is broken; the reason says which.
        GraphQLSyntaxError: the text is no GraphQL.
    """
    size = len(text.encode())
    if size > bounds.document_bytes:
        raise _refusal("SIZE_LIMIT", f"{size} bytes", f"{bounds.document_bytes} bytes")
    try:
        document = parse(text, max_tokens=bounds.tokens_max)
        depth = _depth(document)
    except GraphQLSyntaxError as error:
        if "tokens. Parsing aborted" in error.message:
            raise _refusal("TOKEN_LIMIT", "too many tokens", str(bounds.tokens_max)) from None
        if "nested too deeply" in error.message:
            raise _refusal("DEPTH_LIMIT", "too deep to read", str(bounds.depth_max)) from None
        raise
    if depth > bounds.depth_max:
        raise _refusal("DEPTH_LIMIT", f"{depth} levels deep", str(bounds.depth_max))
    return document


@dataclass(slots=True, eq=False)
class Known:
    """A parsed document, whether it has several operations, and whether it was found valid."""

    document: DocumentNode
    several: bool
    valid: bool = False


class Documents:
    """Reads documents within bounds; keeps the latest by their text."""

    def __init__(self, bounds: Bounds | None = None) -> None:
        bounds = bounds or Bounds()
        self.read = lru_cache(KEPT_DOCUMENTS_MAX)(lambda text: _know(read_document(text, bounds)))


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
                # Strawberry would take the first of them (GraphQL, 6.1: it is an error).
                if self._known.several and context.operation_name is None:
                    raise InvalidArgument(
                        "the document has several operations: say which one by operationName",
                        reason="OPERATION_NAME",
                    )
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


def _know(document: DocumentNode) -> Known:
    operations = [n for n in document.definitions if isinstance(n, OperationDefinitionNode)]
    return Known(document, several=len(operations) > 1)


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


def _refusal(reason: str, found: str, limit: str) -> InvalidArgument:
    return InvalidArgument(f"the document is {found}; the limit is {limit}", reason=reason)


def _depth(document: DocumentNode) -> int:
    fragments = {
        node.name.value: node.selection_set
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    measure = _Depth(fragments)
    operations = (n for n in document.definitions if isinstance(n, OperationDefinitionNode))
    return max((measure.of(operation.selection_set) for operation in operations), default=0)


class _Depth:
    """Measures selection sets; remembers each fragment."""

    def __init__(self, fragments: Mapping[str, SelectionSetNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, int] = {}

    def of(self, selections: SelectionSetNode | None) -> int:
        deepest = 0
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                introspection = node.name.value.startswith("__")
                depth = 0 if introspection else 1 + self.of(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                depth = self._fragment(node.name.value)
            else:
                depth = self.of(getattr(node, "selection_set", None))
            deepest = max(deepest, depth)
        return deepest

    def _fragment(self, name: str) -> int:
        if name not in self._known:
            self._known[name] = 0  # what a circle sees; validation refuses circles afterwards
            self._known[name] = self.of(self._fragments.get(name))
        return self._known[name]
