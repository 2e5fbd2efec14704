"""What an operation costs: a function of its variables, compiled once.

Fields that are one in the answer are charged once, however they are written: fragments and
aliases change nothing. What `@skip` and `@include` leave out is charged as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLOutputType,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    is_list_type,
    is_non_null_type,
)

from edge.graphql.cost import FIRST, Price, Prices
from edge.graphql.guard.fields import Fields, Groups, Selected
from edge.loading.lengths import FIRST_ABSENT, REPEATED_LENGTH
from mesh.errors import InvalidArgument

Variables = Mapping[str, object]
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Sized:
    """How often what lies below a field counts: the argument as it is written, if it is."""

    argument: str
    value: ValueNode | None
    default: ValueNode | None
    """That of the variable, where the value is one."""

    def length(self, variables: Variables, first_max: int) -> int:
        """Returns the number that the argument says, or how many it lists.

        Raises:
            InvalidArgument: `first` is not from 0 to `first_max` (FIRST_LIMIT).
        """
        given = self._given(variables)
        if self.argument != FIRST:
            return len(given) if isinstance(given, Sequence) and not isinstance(given, str) else 1
        if given is None:
            return FIRST_ABSENT
        if isinstance(given, float) and given.is_integer():
            given = int(given)  # as GraphQL's Int takes it
        if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= first_max:
            raise InvalidArgument(
                f"first is {str(given)[:40]}; 0 to {first_max} is allowed", reason="FIRST_LIMIT"
            )
        return given

    def _given(self, variables: Variables) -> object:
        value = self.value
        if isinstance(value, VariableNode):
            sent = variables.get(value.name.value, _ABSENT)
            if sent is not _ABSENT:
                return sent
            value = self.default
        if isinstance(value, ListValueNode):
            return value.values
        if isinstance(value, IntValueNode):
            return _int(value.value)
        return None if value is None or isinstance(value, NullValueNode) else _ABSENT


@dataclass(frozen=True, slots=True)
class Charge:
    """What a field costs, and all that costs below it."""

    cost: int
    size: int | Sized
    below: tuple["Charge", ...]

    @property
    def fixed(self) -> bool:
        """True where variables change nothing: all that lies below is in `cost` already."""
        return isinstance(self.size, int) and not self.below

    def of(self, variables: Variables, first_max: int) -> int:
        """Returns the sum; raises InvalidArgument as `Sized.length`."""
        size = self.size
        length = size if isinstance(size, int) else size.length(variables, first_max)
        return self.cost + length * sum(part.of(variables, first_max) for part in self.below)


class Charges:
    """Compiles what the operations of one document cost."""

    def __init__(self, fields: Fields, prices: Prices, first_max: int) -> None:
        self._fields = fields
        self._prices = prices
        self._first_max = first_max

    def of(self, operation: OperationDefinitionNode) -> Charge:
        """Returns what an operation costs."""
        defaults = {
            node.variable.name.value: node.default_value
            for node in operation.variable_definitions or ()
        }
        return _charge(0, 1, tuple(self._groups(self._fields.roots(operation), defaults)))

    def _groups(self, groups: Groups, defaults: Mapping[str, ValueNode | None]) -> Iterator[Charge]:
        for alike in groups.values():
            for same in _by_parent(alike):
                charge = self._field(same, defaults)
                if charge:
                    yield charge

    def _field(
        self, same: list[Selected], defaults: Mapping[str, ValueNode | None]
    ) -> Charge | None:
        """Returns what fields of one type that are one in the answer cost; None for nothing."""
        first = same[0]
        if first.parent is None or first.definition is None:
            return None
        price = self._prices.get((first.parent.name, first.node.name.value))
        if price is None:
            price = Price(length=REPEATED_LENGTH if _is_list(first.definition.type) else 1)
        below = tuple(self._groups(self._fields.below(same), defaults))
        if not (price.cost or price.sized_by or below):
            return None
        size: int | Sized = price.length
        if price.sized_by:
            size = self._sized(first.node, price.sized_by, defaults)
        return _charge(price.cost, size, below)

    def _sized(
        self, node: FieldNode, argument: str, defaults: Mapping[str, ValueNode | None]
    ) -> int | Sized:
        value = next((a.value for a in node.arguments or () if a.name.value == argument), None)
        if isinstance(value, VariableNode):
            return Sized(argument, value, defaults.get(value.name.value))
        sized = Sized(argument, value, None)
        try:
            return sized.length({}, self._first_max)
        except InvalidArgument:
            return sized  # to be refused when it is asked to run


def _charge(cost: int, size: int | Sized, below: tuple[Charge, ...]) -> Charge:
    if isinstance(size, int) and all(part.fixed for part in below):
        return Charge(cost + size * sum(part.cost for part in below), 1, ())
    return Charge(cost, size, below)


def _by_parent(alike: list[Selected]) -> list[list[Selected]]:
    found: dict[object, list[Selected]] = {}
    for field in alike:
        found.setdefault(field.parent, []).append(field)
    return list(found.values())


def _is_list(type_: GraphQLOutputType) -> bool:
    return is_list_type(type_.of_type if is_non_null_type(type_) else type_)


def _int(text: str) -> int | str:
    """Returns the number; one of more digits than Python cares to read stays as it is written."""
    return int(text) if len(text) < 20 else text
