"""The fields of a collection that callers may filter and order by, by kind."""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Any, TypeAlias, TypeVar, cast

from sqlalchemy import BigInteger, ColumnElement, Double, and_, literal, not_

from mesh.listing.filter import Value, refusal
from mesh.listing.wildcard import wildcard
from mesh.store import Instant

Held: TypeAlias = str | int | float
"""A value of a column as a page token holds it."""

T = TypeVar("T")
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
_COMPARE = {"=": eq, ":": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


@dataclass(frozen=True, slots=True)
class Field(ABC):
    """A column that callers know; `nullable` where it may be unset."""

    column: ColumnElement[Any]
    nullable: bool = False

    def condition(self, name: str, comparator: str, value: Value) -> ColumnElement[bool]:
        """Returns the comparison as SQL; every comparison with an unset field is false.

        Raises:
            InvalidArgument: the field cannot be compared so, or not with such a value.
        """
        if comparator == ":" and value.anything:
            return self.present()
        compared = self.compare(name, comparator, value)
        return and_(self.column.is_not(None), compared) if self.nullable else compared

    def present(self) -> ColumnElement[bool]:
        """Returns whether the field is set, as SQL."""
        return self.column.is_not(None)

    @property
    @abstractmethod
    def zero(self) -> ColumnElement[Any]:
        """What an unset field counts as in an order."""

    @abstractmethod
    def compare(self, name: str, comparator: str, value: Value) -> ColumnElement[bool]:
        """Returns the comparison of a set field as SQL."""

    @abstractmethod
    def bound(self, held: object) -> ColumnElement[Any]:
        """Returns what a page token holds as SQL; raises ValueError for any other type."""

    def held(self, value: Any) -> Held:
        """Returns a value of the column as a page token holds it."""
        held: Held = value
        return held


class TextField(Field):
    """Text: ordered by code points, `=` and `!=` with wildcards, `:` for a part of it."""

    __slots__ = ()

    @property
    def zero(self) -> ColumnElement[str]:
        """The empty text."""
        return literal("")

    def present(self) -> ColumnElement[bool]:
        """Returns whether there is any text."""
        return self.column > ""

    def compare(self, name: str, comparator: str, value: Value) -> ColumnElement[bool]:
        """Returns the comparison as SQL."""
        if comparator == ":":
            return wildcard(self.column, ("", *value.pieces, ""))
        if len(value.pieces) == 1:
            return _sql(comparator, self.column, literal(value.text))
        if comparator not in ("=", "!="):
            raise refusal(f"compares {name} by {comparator} with a wildcard")
        matches = wildcard(self.column, value.pieces)
        return matches if comparator == "=" else not_(matches)

    def bound(self, held: object) -> ColumnElement[str]:
        """Returns the text as SQL."""
        return literal(_typed(held, str))


class NumberField(Field):
    """A whole or fractional number."""

    __slots__ = ()

    @property
    def zero(self) -> ColumnElement[int]:
        """The number 0."""
        return literal(0)

    def compare(self, name: str, comparator: str, value: Value) -> ColumnElement[bool]:
        """Returns the comparison as SQL."""
        try:
            number = None if value.quoted else _number(value.text)
        except ValueError:
            number = None
        if number is None:
            raise refusal(f"compares {name} with {value.text!r}, which is no number")
        return _sql(comparator, self.column, _number_sql(number))

    def bound(self, held: object) -> ColumnElement[Any]:
        """Returns the number as SQL."""
        return _number_sql(_checked(_typed(held, int, float)))


class BooleanField(Field):
    """True or false."""

    __slots__ = ()

    @property
    def zero(self) -> ColumnElement[bool]:
        """False."""
        return literal(False)

    def compare(self, name: str, comparator: str, value: Value) -> ColumnElement[bool]:
        """Returns the comparison as SQL."""
        if comparator not in ("=", "!=", ":") or value.text not in ("true", "false"):
            raise refusal(f"compares {name} otherwise than = or != with true or false")
        return _sql(comparator, self.column, literal(value.text == "true"))

    def bound(self, held: object) -> ColumnElement[bool]:
        """Returns the truth as SQL."""
        return literal(_typed(held, bool))


class TimestampField(Field):
    """A moment, written as RFC 3339 says."""

    __slots__ = ()

    @property
    def zero(self) -> ColumnElement[datetime]:
        """The beginning of 1970."""
        return literal(datetime(1970, 1, 1, tzinfo=UTC), Instant())

    def compare(self, name: str, comparator: str, value: Value) -> ColumnElement[bool]:
        """Returns the comparison as SQL."""
        try:
            moment = _moment(value.text)
        except ValueError as error:
            raise refusal(
                f"compares {name} with {value.text!r}, which is no RFC 3339 timestamp"
            ) from error
        return _sql(comparator, self.column, literal(moment, Instant()))

    def bound(self, held: object) -> ColumnElement[datetime]:
        """Returns the moment as SQL."""
        return literal(_moment(_typed(held, str)), Instant())

    def held(self, value: datetime) -> str:
        """Returns the moment's text."""
        return value.isoformat()


@dataclass(frozen=True, slots=True)
class EnumField(Field):
    """One of several names, stored as `values` says."""

    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def zero(self) -> ColumnElement[str]:
        """The empty text."""
        return literal("")

    def compare(self, name: str, comparator: str, value: Value) -> ColumnElement[bool]:
        """Returns the comparison as SQL."""
        if comparator not in ("=", "!=", ":"):
            raise refusal(f"compares {name} by {comparator}: it has names, which have no order")
        if value.text not in self.values:
            raise refusal(f"compares {name} with {value.text!r}: use {', '.join(self.values)}")
        return _sql(comparator, self.column, literal(self.values[value.text]))

    def bound(self, held: object) -> ColumnElement[str]:
        """Returns the stored name as SQL."""
        return literal(_typed(held, str))


def _sql(
    comparator: str, left: ColumnElement[Any], right: ColumnElement[Any]
) -> ColumnElement[bool]:
    compared: ColumnElement[bool] = _COMPARE[comparator](left, right)
    return compared


def _number(text: str) -> int | float:
    """Returns what the text says; raises ValueError for anything that no column can hold."""
    return _checked(int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else float(text))


def _checked(number: int | float) -> int | float:
    fits = INT64_MIN <= number <= INT64_MAX if isinstance(number, int) else math.isfinite(number)
    if not fits:
        raise ValueError(number)
    return number


def _number_sql(number: int | float) -> ColumnElement[Any]:
    """Binds the number as wide as SQL has it: a narrow column then compares with any of them."""
    return literal(number, BigInteger() if isinstance(number, int) else Double())


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset from UTC")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("before the year 1 or after 9999 in UTC") from error


def _typed(held: object, *kinds: type[T]) -> T:
    if type(held) not in kinds:
        raise ValueError(held)
    return cast(T, held)
