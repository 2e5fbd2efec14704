"""Fills the joins of an answer: what a level loads of one kind goes in one read.

A load that ends goes on at once with what is below it: a slow upstream holds up its own part of
the answer and no other.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from edge.batch import ReadAll
from edge.codec import JsonValue
from edge.contracts.joins import ForwardJoin, ReverseJoin
from edge.errors import as_mesh_error
from edge.loading.execution import Execution
from edge.loading.pages import Window, read_window
from edge.loading.reads import binding_below, children, reader, split
from edge.loading.slot import Load, PageSlot, Slot, paths_of
from edge.loading.stage import Joined, Part, Stage, Waiting
from mesh.errors import MeshError

Make = Callable[[], ReadAll[Any]]
Loads = dict[Hashable, Load]
Found = list[tuple[Joined, list[tuple[Part, Any]]]]
"""Joins and the objects that wait for them: the part of the answer, and the source."""


class Unprojectable(Exception):
    """An answer holds what its stage cannot say."""


class Levels:
    """The levels of one answer under way. `variables` are what arguments are read with."""

    def __init__(self, execution: Execution, variables: Any = None) -> None:
        self._execution = execution
        self._variables = variables
        self._known: dict[Hashable, dict[str, Any]] = {}
        self._failed: list[tuple[Slot, MeshError]] = []

    async def put(self, slot: Slot, source: Any) -> None:
        """Fills a slot with what its stage makes of a source, and everything below it.

        Raises:
            Unprojectable: see there.
        """
        await self._below(_project([(slot, source)]))

    def fail(self, slot: Slot, error: Exception) -> None:
        """Leaves a slot empty, for an error that is told at its place."""
        self._failed.append((slot, as_mesh_error(error)))

    async def read(self, loads: Iterable[Load]) -> None:
        """Fills the slots of some loads, and everything below them; raises as `put`."""
        await side_by_side([self._fill(load) for load in loads])

    def failures(self, answer: dict[str, Any]) -> list[tuple[list[str | int], Slot, MeshError]]:
        """Returns every error with the path of its place in the answer, in the answer's order."""
        if not self._failed:
            return []
        paths = paths_of(answer)
        told = [([*paths[id(slot.part)], slot.at], slot, error) for slot, error in self._failed]
        return sorted(told, key=lambda entry: [_order(at) for at in entry[0]])

    async def _below(self, found: Found) -> None:
        """Reads what the joins of a level lead to, and so on downwards."""
        loads: Loads = {}
        for joined, waiting in found:
            if isinstance(joined.join, ForwardJoin):
                self._refer(joined, joined.join, waiting, loads)
            else:
                self._list(joined, joined.join, waiting, loads)
        await self.read(loads.values())

    def _refer(
        self,
        joined: Joined,
        join: ForwardJoin,
        waiting: Iterable[tuple[Part, Any]],
        loads: Loads,
    ) -> None:
        make = partial(reader, self._execution, join.target, join.fetchers)
        for part, at, value in _references(joined, join, waiting):
            key = join.key_of(value)
            if key is None:
                continue
            if joined.key_only:
                target = join.target
                name = target.message.full_name
                message = self._execution.messages.make(name, {target.key.name: key})
                part[at] = joined.stage.project(message, [])
            else:
                slot = Slot(part, at, joined.stage, joined.nodes)
                load_of(loads, join.target, make).add(key, slot)

    def _list(
        self,
        joined: Joined,
        join: ReverseJoin,
        waiting: Sequence[tuple[Part, Any]],
        loads: Loads,
    ) -> None:
        """Lets the parents of a level wait for their children; most share one window."""
        try:
            first, after, filters = split(joined.given.read(self._variables))
            shared = None if after else self._window(join, "", first, None, filters)
        except MeshError as error:
            for part, _ in waiting:
                self.fail(_slot(part, joined), error)
            return
        for part, source in waiting:
            key = join.owner.key_of(getattr(source, join.owner.key.name))
            try:
                window, kind, make = shared or self._window(join, key, first, after, filters)
            except MeshError as error:
                self.fail(_slot(part, joined), error)
                continue
            slot = PageSlot(
                part, joined.key, joined.stage, joined.nodes, window, join, key, filters
            )
            load_of(loads, kind, make).add(key, slot)

    def _window(
        self,
        join: ReverseJoin,
        key: str,
        first: int | None,
        after: str | None,
        filters: dict[str, JsonValue],
    ) -> tuple[Window, Hashable, Make]:
        bound = partial(binding_below, join, key, filters)
        window = read_window(bound, first, after, self._execution.first_max)
        return window, *children(self._execution, join, window, filters)

    async def _fill(self, load: Load) -> None:
        """Reads what is not known yet, fills the slots, and goes on below them."""
        known = self._known.setdefault(load.kind, {})
        keys = [key for key in load.slots if key not in known]
        try:
            known.update(await load.read(keys) if keys else {})
        except Exception as error:
            known.update(dict.fromkeys(keys, as_mesh_error(error)))
        ready = []
        for key, slots in load.slots.items():
            outcome = known.get(key)
            if isinstance(outcome, MeshError):
                self._failed += [(slot, outcome) for slot in slots]
            elif outcome is not None:
                ready += [(slot, slot.source(outcome)) for slot in slots]
        await self._below(_project(ready))


def load_of(loads: Loads, kind: Hashable, make: Make) -> Load:
    """Returns the load of one kind, made where there is none yet."""
    found = loads.get(kind)
    if found is None:
        found = loads[kind] = Load(kind, make())
    return found


async def side_by_side(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Awaits everything; where one raises, the others are cancelled."""
    if len(work) == 1:  # no task for what is alone
        await work[0]
    elif work:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)


def _references(
    joined: Joined, join: ForwardJoin, waiting: Iterable[tuple[Part, Any]]
) -> Iterator[tuple[Part, str | int, str]]:
    """Yields each reference and its place; what is repeated keeps its order."""
    name = join.field.name
    for part, source in waiting:
        value = getattr(source, name)
        if join.repeated:
            items = part[joined.key] = [None] * len(value)
            yield from ((items, at, item) for at, item in enumerate(value))
        else:
            yield part, joined.key, value


def _slot(part: Part, joined: Joined) -> Slot:
    return Slot(part, joined.key, joined.stage, joined.nodes)


def _project(ready: Iterable[tuple[Slot, Any]]) -> Found:
    """Fills slots with what their stages make of the sources; returns what then waits."""
    stages: dict[int, tuple[Stage, Waiting]] = {}
    for slot, source in ready:
        known = stages.get(id(slot.stage))
        if known is None:
            known = stages[id(slot.stage)] = (slot.stage, slot.stage.waiting())
        try:
            slot.part[slot.at] = slot.stage.project(source, known[1])
        except Exception as error:
            raise Unprojectable from error
    pairs = ((stage.joins[at], w) for stage, ws in stages.values() for at, w in enumerate(ws))
    return [(joined, waiting) for joined, waiting in pairs if waiting]


def _order(at: str | int) -> tuple[int, str]:
    return (at, "") if isinstance(at, int) else (0, at)
