"""What becomes of one answer, and the joins below it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from edge.codec import JsonValue
from edge.contracts.joins import ForwardJoin, ReverseJoin

Join = ForwardJoin | ReverseJoin
Part = Any
"""A dict or a list of an answer under way."""
Waiting = list[list[tuple[Part, Any]]]
"""For each join of a stage the objects that wait for it: the part of the answer, and the source."""
Project = Callable[[Any, Waiting], Any]
"""Makes a part of the answer of a source: a message, or the page of a reverse join."""


class Given(Protocol):
    """The arguments of a join."""

    def read(self, variables: Any) -> dict[str, JsonValue]:
        """Returns the arguments by JSON name, `first` and `after` among them."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """What is made of one answer, and the joins that wait below it."""

    project: Project
    joins: tuple["Joined", ...]

    def waiting(self) -> Waiting:
        """Returns a fresh list for each join."""
        return [[] for _ in self.joins]


@dataclass(frozen=True, slots=True)
class Joined:
    """A join below a stage, under a key of the answer.

    With `key_only` its objects are known without a call. `nodes` is where it was asked for.
    """

    key: str
    join: Join
    given: Given
    key_only: bool
    stage: Stage
    nodes: Sequence[Any] = ()
