"""Places of an answer under way that wait for what is read."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from edge.batch import ReadAll
from edge.codec import JsonValue
from edge.contracts.joins import ReverseJoin
from edge.loading.pages import Page, Window
from edge.loading.reads import Listed, binding_below
from edge.loading.stage import Part, Stage


@dataclass(slots=True, eq=False)
class Slot:
    """A place in the answer, and the stage of what is read for it."""

    part: Part
    at: str | int
    stage: Stage
    nodes: Sequence[Any]

    def source(self, read: Any) -> Any:
        """Returns what the stage projects."""
        return read


@dataclass(slots=True, eq=False)
class PageSlot(Slot):
    """A place for a page of children."""

    window: Window
    join: ReverseJoin
    parent: str
    filters: dict[str, JsonValue]

    def source(self, read: Listed) -> Page:
        """Returns the page of what was listed."""
        return Page(self.window, self._binding, *read)

    def _binding(self) -> str:
        return binding_below(self.join, self.parent, self.filters)


@dataclass(slots=True, eq=False)
class Load:
    """One read of a level: `slots` has what waits for each key."""

    kind: Hashable
    read: ReadAll[Any]
    slots: dict[str, list[Slot]] = field(default_factory=dict)

    def add(self, key: str, slot: Slot) -> None:
        """Lets a slot wait for a key."""
        self.slots.setdefault(key, []).append(slot)


def paths_of(answer: dict[str, Any]) -> dict[int, list[str | int]]:
    """Returns the path of every dict and list of an answer, by identity.

    Only an error needs a path, so none is kept while the answer grows.
    """
    found: dict[int, list[str | int]] = {}
    waiting: list[tuple[Part, list[str | int]]] = [(answer, [])]
    while waiting:
        part, path = waiting.pop()
        found[id(part)] = path
        inside = part.items() if isinstance(part, dict) else enumerate(part)
        waiting += [(value, [*path, at]) for at, value in inside if isinstance(value, dict | list)]
    return found
