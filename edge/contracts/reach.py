"""Which messages and enums can be met from where."""

from collections.abc import Iterable
from dataclasses import dataclass

from edge.contracts.model import Contracts, Field, Kind, Method


@dataclass(frozen=True, slots=True)
class Reached:
    """Full names, in the order in which they were met."""

    messages: dict[str, None]
    enums: dict[str, None]


def outputs(contracts: Contracts) -> Reached:
    """Returns everything that some method's answer may hold, internal methods included."""
    roots = (name for method in contracts.methods for name in answers(method))
    return reach(contracts, roots)


def answers(method: Method) -> Iterable[str]:
    """Returns what a method answers with: its output, and what its operation ends in (R17)."""
    operation = method.operation
    return (
        method.output.full_name,
        *((operation.response_type, operation.metadata_type) if operation else ()),
    )


def reach(contracts: Contracts, roots: Iterable[str], without: str = "INPUT_ONLY") -> Reached:
    """Returns the roots and everything inside them, fields of one behavior left out."""
    reached = Reached({}, {})
    waiting = [name for name in roots if name in contracts.messages]
    while waiting:
        name = waiting.pop()
        if name in reached.messages:
            continue
        reached.messages[name] = None
        for field in contracts.messages[name].fields:
            if without not in field.behaviors:
                inner = value_of(field)
                if inner.kind is Kind.ENUM:
                    reached.enums[inner.type_name] = None
                elif inner.type_name in contracts.messages:
                    waiting.append(inner.type_name)
    return reached


def value_of(field: Field) -> Field:
    """Returns the field that says what a field holds: a map's value, else the field."""
    return field.map_value or field
