"""What the fields of a schema cost, derived from the contracts (policy `cost`, R4, R5, R7)."""

from collections.abc import Mapping
from dataclasses import dataclass

REPEATED_LENGTH = 5


@dataclass(frozen=True, slots=True)
class Price:
    """What a field costs.

    `cost` is what its call costs, 0 where it makes none. What is selected below it counts
    `length` times; `sized_by` names the argument that says how often instead.
    """

    cost: int = 0
    length: int = 1
    sized_by: str = ""


Prices = Mapping[tuple[str, str], Price]
"""The prices by the GraphQL names of the type and the field; what is missing costs nothing."""
