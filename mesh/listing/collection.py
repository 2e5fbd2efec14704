"""A collection that can be listed: what a filter and an order of it mean as SQL."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, and_, not_, or_, true

from mesh.listing.fields import Field, TextField
from mesh.listing.filter import And, Comparison, Filter, Not, Or, parse_filter, refusal
from mesh.listing.order import Key, order_keys


@dataclass(frozen=True, slots=True)
class Collection:
    """The rows of a table under their unique column `name`, and the fields callers may use.

    `order` is the order of a request that asks for none.
    """

    table: FromClause
    fields: Mapping[str, Field]
    order: str = "name"

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
        return order_keys(text.strip() or self.order, {**self.fields, "name": self.name})
