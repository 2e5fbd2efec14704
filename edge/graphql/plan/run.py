"""Runs a plan: calls level by level, what a level loads of one kind in one read.

A load that ends goes on at once with what is below it: a slow upstream holds up its own part of
the answer and no other.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from graphql import ExecutionResult, GraphQLError
from graphql.execution.values import VariableValues

from edge.batch import ReadAll
from edge.contracts.joins import ForwardJoin, ReverseJoin
from edge.graphql.execution import Execution
from edge.graphql.fields import Arguments
from edge.graphql.joins import binding_below, split
from edge.graphql.pages import Window, read_window
from edge.graphql.plan.projection import Waiting
from edge.graphql.plan.slot import Load, PageSlot, Part, Slot, paths_of
from edge.graphql.plan.stage import Joined, Plan, Root, Stage
from edge.graphql.reads import children, one_of, reader
from edge.graphql.roots import list_page
from mesh.errors import Internal, MeshError

Make = Callable[[], ReadAll[Any]]
Found = list[tuple[Joined, list[tuple[Part, Any]]]]
"""Joins and the objects that wait for them: the part of the answer, and the source."""


class Unprojectable(Exception):
    """An answer holds what a plan cannot say; graphql-core says it field by field."""


class Run:
    """One plan under way."""

    def __init__(self, plan: Plan, execution: Execution, variables: VariableValues | None) -> None:
        self._plan = plan
        self._execution = execution
        self._variables = variables
        self._answer: dict[str, Any] = dict(plan.answer)
        self._known: dict[Hashable, dict[str, Any]] = {}
        self._errors: list[tuple[Slot, MeshError]] = []

    async def result(self) -> ExecutionResult:
        """Returns what the query results in.

        Raises:
            Unprojectable: see there.
        """
        work = [self._call(root) for root in self._plan.alone]
        if self._plan.together:
            work.append(self._get(self._plan.together))
        await _side_by_side(work)
        return ExecutionResult(self._answer, self._located() if self._errors else None)

    async def _call(self, root: Root) -> None:
        slot = Slot(self._answer, root.key, root.stage, root.nodes)
        try:
            source = await self._ask(root)
        except Exception as error:
            self._errors.append((slot, _said(error)))
        else:
            await self._below(_project([(slot, source)]))

    async def _ask(self, root: Root) -> Any:
        arguments, operation = root.given.read(self._variables), root.operation
        if operation.page:
            return await list_page(self._execution, operation, operation.page, arguments)
        return await self._execution.call(operation.method, arguments)

    async def _get(self, roots: Sequence[Root]) -> None:
        """Reads the resources of several roots together, of each type in one call."""
        loads: dict[Hashable, Load] = {}
        for root in roots:
            assert root.fetched
            resource, fetchers = root.fetched.resource, root.fetched.fetchers
            make = partial(one_of, self._execution, resource, fetchers)
            (value,) = root.given.read(self._variables).values()
            slot = Slot(self._answer, root.key, root.stage, root.nodes)
            _load(loads, ("root", resource), make).add(resource.key_of(value), slot)
        await self._read(loads)

    async def _below(self, found: Found) -> None:
        """Reads what the joins of a level lead to, and so on downwards."""
        loads: dict[Hashable, Load] = {}
        for joined, waiting in found:
            if isinstance(joined.join, ForwardJoin):
                self._refer(joined, joined.join, waiting, loads)
            else:
                self._list(joined, joined.join, waiting, loads)
        await self._read(loads)

    def _refer(
        self,
        joined: Joined,
        join: ForwardJoin,
        waiting: Iterable[tuple[Part, Any]],
        loads: dict[Hashable, Load],
    ) -> None:
        make = partial(reader, self._execution, join.target, join.fetchers)
        for part, at, value in _references(joined, join, waiting):
            key = join.key_of(value)
            if key is None:
                continue
            if joined.key_only:
                target = join.target
                name = target.message.full_name
                message = self._execution.messages.make(name, target.key.name, key)
                part[at] = joined.stage.project(message, [])
            else:
                slot = Slot(part, at, joined.stage, joined.nodes)
                _load(loads, join.target, make).add(key, slot)

    def _list(
        self,
        joined: Joined,
        join: ReverseJoin,
        waiting: Iterable[tuple[Part, Any]],
        loads: dict[Hashable, Load],
    ) -> None:
        """Lets the parents of a level wait for their children; most share one window."""
        try:
            first, after, filters = split(joined.given.read(self._variables))
            shared = None if after else self._window(join, "", first, None, filters)
        except MeshError as error:
            self._errors += [(_slot(part, joined), error) for part, _ in waiting]
            return
        for part, source in waiting:
            key = join.owner.key_of(getattr(source, join.owner.key.name))
            bound = partial(binding_below, join, key, filters)
            try:
                window, kind, make = shared or self._window(join, key, first, after, filters)
            except MeshError as error:
                self._errors.append((_slot(part, joined), error))
                continue
            slot = PageSlot(part, joined.key, joined.stage, joined.nodes, window, bound)
            _load(loads, kind, make).add(key, slot)

    def _window(
        self,
        join: ReverseJoin,
        key: str,
        first: int | None,
        after: str | None,
        filters: Arguments,
    ) -> tuple[Window, Hashable, Make]:
        window = read_window(partial(binding_below, join, key, filters), first, after)
        return window, *children(self._execution, join, window, filters)

    async def _read(self, loads: Mapping[Hashable, Load]) -> None:
        await _side_by_side([self._fill(load) for load in loads.values()])

    async def _fill(self, load: Load) -> None:
        """Reads what is not known yet, fills the slots, and goes on below them."""
        known = self._known.setdefault(load.kind, {})
        keys = [key for key in load.slots if key not in known]
        try:
            known.update(await load.read(keys) if keys else {})
        except Exception as error:
            known.update(dict.fromkeys(keys, _said(error)))
        ready = []
        for key, slots in load.slots.items():
            outcome = known.get(key)
            if isinstance(outcome, MeshError):
                self._errors += [(slot, outcome) for slot in slots]
            elif outcome is not None:
                ready += [(slot, slot.source(outcome)) for slot in slots]
        await self._below(_project(ready))

    def _located(self) -> list[GraphQLError]:
        paths = paths_of(self._answer)
        errors = [
            GraphQLError(
                str(error),
                slot.nodes,
                path=[*paths[id(slot.part)], slot.at],
                original_error=error,
            )
            for slot, error in self._errors
        ]
        return sorted(errors, key=_place)


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


def _said(error: Exception) -> MeshError:
    """What is no error of the tree is a fault of ours, told at its place like any other."""
    if isinstance(error, MeshError):
        return error
    internal = Internal(f"{type(error).__name__}: {error}")
    internal.__cause__ = error
    return internal


def _place(error: GraphQLError) -> list[tuple[int, str]]:
    return [(at, "") if isinstance(at, int) else (0, at) for at in error.path or ()]


def _slot(part: Part, joined: Joined) -> Slot:
    return Slot(part, joined.key, joined.stage, joined.nodes)


def _load(loads: dict[Hashable, Load], kind: Hashable, make: Make) -> Load:
    found = loads.get(kind)
    if found is None:
        found = loads[kind] = Load(kind, make())
    return found


def _project(ready: Iterable[tuple[Slot, Any]]) -> Found:
    """Fills slots with what their stages make of the sources; returns what then waits."""
    stages: dict[int, tuple[Stage, Waiting]] = {}
    for slot, source in ready:
        stage, waiting = stages.setdefault(id(slot.stage), (slot.stage, slot.stage.waiting()))
        try:
            slot.part[slot.at] = stage.project(source, waiting)
        except Exception as error:
            raise Unprojectable from error
    pairs = ((stage.joins[at], w) for stage, ws in stages.values() for at, w in enumerate(ws))
    return [(joined, waiting) for joined, waiting in pairs if waiting]


async def _side_by_side(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    if len(work) == 1:  # no task for what is alone
        await work[0]
        return
    async with asyncio.TaskGroup() as group:
        for one in work:
            group.create_task(one)
