"""Runs a plan: its roots side by side, then level by level what is below them."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from graphql import ExecutionResult, GraphQLError, Node
from graphql.execution.values import VariableValues

from edge.graphql.plan.stage import Plan, Root
from edge.graphql.roots import identify, list_page
from edge.loading.execution import Execution
from edge.loading.levels import Levels, Loads, load_of, side_by_side
from edge.loading.reads import one_of
from edge.loading.slot import Slot
from mesh.errors import MeshError


class Run:
    """One plan under way."""

    def __init__(self, plan: Plan, execution: Execution, variables: VariableValues | None) -> None:
        self._plan = plan
        self._execution = execution
        self._variables = variables
        self._answer: dict[str, Any] = dict(plan.answer)
        self._levels = Levels(execution, variables)

    async def result(self) -> ExecutionResult:
        """Returns what the query results in.

        Raises:
            Unprojectable: an answer holds what graphql-core must say, field by field.
        """
        keyed = [(root, self._key(root)) for root in self._plan.together]
        alone = [*self._plan.alone, *(root for root, key in keyed if key is None)]
        loads = self._loads((root, key) for root, key in keyed if key is not None)
        work = [*map(self._call, alone), *([self._levels.read(loads.values())] if loads else [])]
        await side_by_side(work)
        errors = [
            GraphQLError(str(error), _nodes(slot, error), path=path, original_error=error)
            for path, slot, error in self._levels.failures(self._answer)
        ]
        return ExecutionResult(self._answer, errors or None)

    async def _call(self, root: Root) -> None:
        try:
            source = await self._ask(root)
        except Exception as error:
            self._levels.fail(self._slot(root), error)
        else:
            await self._levels.put(self._slot(root), source)

    async def _ask(self, root: Root) -> Any:
        arguments, operation = root.given.read(self._variables), root.operation
        if operation.page:
            page = operation.page
            return await list_page(self._execution, operation, page, arguments, root.mask)
        identify(operation, arguments)
        return await self._execution.call(operation.method, arguments, root.mask)

    def _key(self, root: Root) -> str | None:
        """Returns the key of the resource that a root reads together with others.

        None where the owner must see what was given as it is: a Get may refuse what a reference
        may hold, such as a bare id. Arguments that cannot be read are told by the root's own call.
        """
        assert root.fetched
        resource, get = root.fetched.resource, root.fetched.fetchers.get
        assert get
        try:
            (value,) = root.given.read(self._variables).values()
        except MeshError:
            return None
        key = resource.key_of(value)
        return key if resource.argument_of(get.name_field, key) == value else None

    def _loads(self, keyed: Iterable[tuple[Root, str]]) -> Loads:
        """Returns what reads the resources of several roots together, of each type in one call."""
        loads: Loads = {}
        for root, key in keyed:
            assert root.fetched
            resource, fetchers = root.fetched.resource, root.fetched.fetchers
            make = partial(one_of, self._execution, resource, fetchers)
            load_of(loads, ("root", resource), make).add(key, self._slot(root))
        return loads

    def _slot(self, root: Root) -> Slot:
        return Slot(self._answer, root.key, root.stage, root.nodes)


def _nodes(slot: Slot, error: MeshError) -> Sequence[Node] | None:
    """Where an error is in the document: at a value of it, if the value is what is wrong."""
    cause = error.__cause__
    return cause.nodes if isinstance(cause, GraphQLError) else slot.nodes
