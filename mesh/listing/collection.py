"""A collection that can be listed: what a filter and an order of it mean as SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, func, not_, or_, true

from mesh.errors import FieldViolation, InvalidArgument
from mesh.listing.fields import Field, NumberField, TextField
from mesh.listing.filter import And, Comparison, Filter, Not, Or, parse_filter, refusal

ORDER_FIELDS_MAX = 8


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that rows are ordered by, and which way."""

    field: Field
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """The rows of a table under their unique column `name`, and the fields callers may use.

    `order` is the order of a request that asks for none.
    """

    table: FromClause
    fields: Mapping[str, Field]
    order: str = "name"
    _orderable: dict[str, Field] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._orderable.update(self.fields, name=self.name)

    @property
    def name(self) -> TextField:
        """The unique column, which every order ends in."""
        return TextField(self.table.c.name)

    def where(self, text: str) -> ColumnElement[bool]:
        """Returns an AIP-160 filter as SQL.

        Raises:
            InvalidArgument: the filter cannot be read, or says what this collection has not.
        """
        tree = parse_filter(text)
        return true() if tree is None else self._condition(tree)

    def _condition(self, tree: Filter) -> ColumnElement[bool]:
        match tree:
            case And(terms):
                return and_(*map(self._condition, terms))
            case Or(terms):
                return or_(*map(self._condition, terms))
            case Not(term):
                return not_(self._condition(term))
            case Comparison(name, comparator, value):
                return self._known(name).condition(name, comparator, value)

    def _known(self, name: str) -> Field:
        if name not in self.fields:
            raise refusal(f"names {name}: use {', '.join(self.fields)}")
        return self.fields[name]

    def order_keys(self, text: str) -> tuple[Key, ...]:
        """Returns an AIP-132 order, made total by the name.

        Raises:
            InvalidArgument: the order cannot be read, or names what this collection has not.
        """
        keys: dict[str, Key] = {}
        for part in (text.strip() or self.order).split(","):
            name, *way = part.split()[:3] or [""]
            if name not in self._orderable or way not in ([], ["asc"], ["desc"]):
                raise _misordered(f"cannot be read at {part.strip()!r}", self._orderable)
            if name in keys or len(keys) == ORDER_FIELDS_MAX:
                raise _misordered(f"names too much at {name!r}", self._orderable)
            keys[name] = Key(self._orderable[name], descending=way == ["desc"])
        keys.setdefault("name", Key(self.name))
        return tuple(total for key in keys.values() for total in _total(key))


def _total(key: Key) -> tuple[Key, ...]:
    """Returns keys without NULL, whose place is not the same on every database: unset is first."""
    if not key.field.nullable:
        return (key,)
    column = key.field.column
    is_set = NumberField(case((column.is_(None), 0), else_=1))
    value = type(key.field)(func.coalesce(column, key.field.zero))
    return (Key(is_set, key.descending), Key(value, key.descending))


def _misordered(problem: str, known: Mapping[str, Any]) -> InvalidArgument:
    text = f"{problem}: write fields among {', '.join(known)}, each with asc or desc"
    violation = FieldViolation("order_by", text, "INVALID_ORDER")
    return InvalidArgument(f"order_by {text}", reason="INVALID_ORDER", violations=(violation,))
