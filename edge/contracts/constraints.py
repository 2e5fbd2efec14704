"""What protovalidate asks of a field's value (`buf.validate.field`), as plain values.

Only what can be told to somebody else is read: rules in CEL, and those of timestamps, durations and
Any, are the owner's alone to check.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from buf.validate import validate_pb2

Number = int | float
Value = str | int | float | bool

_LENGTHS: Mapping[str, tuple[str, str]] = {
    "string": ("min_len", "max_len"),
    "bytes": ("min_len", "max_len"),
    "repeated": ("min_items", "max_items"),
    "map": ("min_pairs", "max_pairs"),
}
_FORMATS = ("uuid", "email", "hostname", "ipv4", "ipv6", "uri", "uri_ref")
_PLAIN = (str, int, float, bool)


@dataclass(frozen=True, slots=True)
class Constraints:
    """The rules of one value. None, "" and () say nothing.

    `zero_passes`: the default value is never refused. Lengths count characters, bytes, items or
    pairs. `pattern` is RE2. `items` are the rules of each item or value, `keys` those of the keys.
    """

    required: bool = False
    zero_passes: bool = False
    const: Value | None = None
    among: tuple[Value, ...] = ()
    none_of: tuple[Value, ...] = ()
    at_least: Number | None = None
    above: Number | None = None
    at_most: Number | None = None
    below: Number | None = None
    length_min: int | None = None
    length_max: int | None = None
    pattern: str = ""
    format: str = ""
    unique: bool = False
    items: "Constraints | None" = None
    keys: "Constraints | None" = None


NONE = Constraints()


def constraints_of(rules: validate_pb2.FieldRules) -> Constraints:
    """Returns what the rules of a field say."""
    if rules.ignore == validate_pb2.IGNORE_ALWAYS:
        return NONE
    kind = rules.WhichOneof("type") or ""
    typed = _Rules(getattr(rules, kind) if kind else None)
    low, high = (typed.number("gte", "gt"), typed.number("lte", "lt"))
    turned = low is not None and high is not None and low > high  # what is *between* is refused
    shortest, longest = _lengths(kind, typed)
    return Constraints(
        required=rules.required,
        zero_passes=rules.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE,
        const=typed.value("const"),
        among=typed.values("in"),
        none_of=typed.values("not_in"),
        at_least=None if turned else typed.number("gte"),
        above=None if turned else typed.number("gt"),
        at_most=None if turned else typed.number("lte"),
        below=None if turned else typed.number("lt"),
        length_min=shortest,
        length_max=longest,
        pattern=typed.text("pattern"),
        format=next((name for name in _FORMATS if typed.value(name) is True), ""),
        unique=typed.value("unique") is True,
        items=typed.rules("items") or typed.rules("values"),
        keys=typed.rules("keys"),
    )


def _lengths(kind: str, typed: "_Rules") -> tuple[int | None, int | None]:
    exact = typed.integer("len")
    if exact is not None or kind not in _LENGTHS:
        return exact, exact
    shortest, longest = _LENGTHS[kind]
    bytes_max = typed.integer("max_bytes")  # no text has more characters than bytes
    return typed.integer(shortest), typed.integer(longest, bytes_max)


class _Rules:
    """Reads fields of a `…Rules` message, whichever of them it has."""

    def __init__(self, rules: Any) -> None:
        fields = () if rules is None else rules.ListFields()
        self._set: dict[str, Any] = {field.name: value for field, value in fields}

    def value(self, name: str) -> Value | None:
        found = self._set.get(name)
        return found if isinstance(found, _PLAIN) else None

    def values(self, name: str) -> tuple[Value, ...]:
        return tuple(value for value in self._set.get(name, ()) if isinstance(value, _PLAIN))

    def number(self, *names: str) -> Number | None:
        found = next((self._set[name] for name in names if name in self._set), None)
        return found if isinstance(found, int | float) else None

    def integer(self, name: str, default: int | None = None) -> int | None:
        found = self._set.get(name, default)
        return found if isinstance(found, int) else None

    def text(self, name: str) -> str:
        found = self._set.get(name, "")
        return found if isinstance(found, str) else ""

    def rules(self, name: str) -> Constraints | None:
        found = self._set.get(name)
        return constraints_of(found) if isinstance(found, validate_pb2.FieldRules) else None
