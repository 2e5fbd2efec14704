"""AIP-132 orders: `title, create_time desc`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import case, func

from mesh.errors import FieldViolation, InvalidArgument
from mesh.listing.fields import Field, NumberField

ORDER_FIELDS_MAX = 8


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that rows are ordered by, and which way."""

    field: Field
    descending: bool = False


def order_keys(text: str, fields: Mapping[str, Field]) -> tuple[Key, ...]:
    """Returns the keys of an order over fields. The unique field `name` makes it total.

    Raises:
        InvalidArgument: the order cannot be read, or names what is not among the fields.
    """
    ways = parse_order(text, fields)
    keys = {name: Key(fields[name], descending=way == ["desc"]) for name, way in ways.items()}
    keys.setdefault("name", Key(fields["name"]))
    return tuple(total for key in keys.values() for total in _without_null(key))


def parse_order(text: str, known: Collection[str]) -> dict[str, list[str]]:
    """Returns the words after each field of an order, in the order of the text.

    Raises:
        InvalidArgument: the order cannot be read, or names what is not known.
    """
    ways: dict[str, list[str]] = {}
    for part in text.split(","):
        name, *way = part.split()[:3] or [""]
        if name not in known or way not in ([], ["asc"], ["desc"]):
            use = f"use {', '.join(known)}, with asc or desc"
            raise _refused(f"cannot be read at {part.strip()!r}: {use}")
        if name in ways:
            raise _refused(f"names {name} twice")
        ways[name] = way
    if len(ways) > ORDER_FIELDS_MAX:
        raise _refused(f"names more than {ORDER_FIELDS_MAX} fields")
    return ways


def _without_null(key: Key) -> tuple[Key, ...]:
    """NULL has another place on every database: here, what is unset comes before all else."""
    if not key.field.nullable:
        return (key,)
    column = key.field.column
    is_set = NumberField(case((column.is_(None), 0), else_=1))
    value = type(key.field)(func.coalesce(column, key.field.zero))
    return (Key(is_set, key.descending), Key(value, key.descending))


def _refused(problem: str) -> InvalidArgument:
    violation = FieldViolation("order_by", problem, "INVALID_ORDER")
    return InvalidArgument(f"order_by {problem}", reason="INVALID_ORDER", violations=(violation,))
