"""Runs a plan: its roots side by side, then level by level what is below them."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from graphql import ExecutionResult, GraphQLError
from graphql.execution.values import VariableValues

from edge.graphql.plan.stage import Plan, Root
from edge.graphql.roots import identify, list_page
from edge.loading.execution import Execution
from edge.loading.levels import Levels, Loads, load_of, side_by_side
from edge.loading.reads import one_of
from edge.loading.slot import Slot


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
        work = [self._call(root) for root in self._plan.alone]
        if self._plan.together:
            work.append(self._get(self._plan.together))
        await side_by_side(work)
        errors = [
            GraphQLError(str(error), slot.nodes, path=path, original_error=error)
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

    async def _get(self, roots: Sequence[Root]) -> None:
        """Reads the resources of several roots together, of each type in one call."""
        loads: Loads = {}
        for root in roots:
            assert root.fetched
            resource, fetchers = root.fetched.resource, root.fetched.fetchers
            make = partial(one_of, self._execution, resource, fetchers)
            (value,) = root.given.read(self._variables).values()
            load = load_of(loads, ("root", resource), make)
            load.add(resource.key_of(value), self._slot(root))
        await self._levels.read(loads.values())

    def _slot(self, root: Root) -> Slot:
        return Slot(self._answer, root.key, root.stage, root.nodes)
