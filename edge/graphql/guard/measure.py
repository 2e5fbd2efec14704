"""Measures what a document asks for with its fragments written out, without writing them out.

Each fragment is measured once and counted as often as it is spread, so the time is linear in the
document; numbers stop growing at CEILING.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

CEILING = 2**40
NESTING_MAX = 64
"""How many selection sets, or brackets of any kind, may lie within each other."""
_INTROSPECTION = ("__schema", "__type")


class TooNested(Exception):
    """The document cannot be measured: more than NESTING_MAX selection sets within each other."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a selection set or an operation holds; a leaf is 1 deep.

    `fields` are those of the selection set itself, `selections` everything in it: fields, inline
    fragments and spreads, and what these stand for. What introspection selects (below `__schema`
    and `__type`) has its own depth.
    """

    depth: int = 0
    introspection_depth: int = 0
    nesting: int = 0
    fields: int = 0
    selections: int = 0
    aliases: int = 0
    directives: int = 0


def measure(document: DocumentNode) -> list[Extent]:
    """Returns the extent of every operation.

    Raises:
        TooNested: selection sets lie too deep within each other.
    """
    fragments: dict[str, FragmentDefinitionNode] = {}
    for node in document.definitions:
        if isinstance(node, FragmentDefinitionNode):
            fragments.setdefault(node.name.value, node)
    measured = _Measure(fragments)
    return [
        measured.operation(node)
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    ]


class _Measure:
    """Measures selection sets; remembers each fragment."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, Extent] = {}

    def operation(self, node: OperationDefinitionNode) -> Extent:
        directives = len(node.directives or ())
        directives += sum(len(v.directives or ()) for v in node.variable_definitions or ())
        return _sum([self._set(node.selection_set, 1)], directives=directives)

    def _set(self, node: SelectionSetNode, level: int) -> Extent:
        if level > NESTING_MAX:
            raise TooNested
        leaves = 0
        parts: list[Extent] = []
        for child in node.selections:
            if isinstance(child, FieldNode) and not (
                child.selection_set or child.alias or child.directives
            ):
                leaves += 1
            else:
                parts.append(self._selection(child, level))
        return _sum(parts, nesting=1, leaves=leaves)

    def _selection(self, node: SelectionNode, level: int) -> Extent:
        if isinstance(node, FieldNode):
            return self._field(node, level)
        if isinstance(node, FragmentSpreadNode):
            inner = self._fragment(node.name.value, level)
        else:
            inner = self._set(node.selection_set, level + 1)  # type: ignore[attr-defined] # an inline fragment
        return _sum([inner], directives=len(node.directives or ()), selections=1)

    def _field(self, node: FieldNode, level: int) -> Extent:
        inner = self._set(node.selection_set, level + 1) if node.selection_set else Extent()
        introspects = node.name.value in _INTROSPECTION
        return Extent(
            depth=1 if introspects else 1 + inner.depth,
            introspection_depth=inner.introspection_depth + (inner.depth + 1) * introspects,
            nesting=inner.nesting,
            fields=1,
            selections=1 + inner.selections,
            aliases=inner.aliases + (node.alias is not None),
            directives=inner.directives + len(node.directives or ()),
        )

    def _fragment(self, name: str, level: int) -> Extent:
        known = self._known.get(name)
        if known is None:
            self._known[name] = Extent()  # what a circle sees; validation refuses circles
            node = self._fragments.get(name)
            if node is not None:
                inner = self._set(node.selection_set, level + 1)
                known = _sum([inner], directives=len(node.directives or ()))
                self._known[name] = known
        elif level + known.nesting > NESTING_MAX:
            raise TooNested
        return known or Extent()


def _sum(
    parts: list[Extent],
    *,
    nesting: int = 0,
    directives: int = 0,
    selections: int = 0,
    leaves: int = 0,
) -> Extent:
    """Adds up what lies side by side; the deepest of them is the depth."""
    return Extent(
        depth=max((p.depth for p in parts), default=0) or min(leaves, 1),
        introspection_depth=max((p.introspection_depth for p in parts), default=0),
        nesting=max((p.nesting for p in parts), default=0) + nesting,
        fields=min(sum(p.fields for p in parts) + leaves, CEILING),
        selections=min(sum(p.selections for p in parts) + selections + leaves, CEILING),
        aliases=min(sum(p.aliases for p in parts), CEILING),
        directives=min(sum(p.directives for p in parts) + directives, CEILING),
    )
