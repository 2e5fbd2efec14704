"""The plans of the documents that a schema answers, made at their first use."""

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from graphql import DocumentNode, ExecutionResult, get_variable_values
from graphql.execution.values import VariableValues
from strawberry import Schema

from edge.codec import JsonValue
from edge.contracts.derived import Derived
from edge.graphql.guard import KnownOperation
from edge.graphql.plan.projection import NotCompiled
from edge.graphql.plan.run import Run
from edge.graphql.plan.stage import Compiler, Plan
from edge.graphql.selection import Selector, conditions_of, fragments_of
from edge.loading.execution import Execution
from edge.loading.levels import Unprojectable

PLANS_MAX = 16
"""How many plans one operation may have: one for each way in which its conditions fall."""


class _Compiled:
    """The plans of one operation, by its conditions."""

    def __init__(self, document: DocumentNode) -> None:
        self.conditions = conditions_of(document)
        self.plans: dict[tuple[object, ...], Plan | None] = {}


class Plans:
    """Compiles queries, and runs those that compile."""

    def __init__(self, schema: Schema, derived: Derived) -> None:
        self._core = schema._schema  # Strawberry has no other way to it
        self._compiler = Compiler(schema, derived)
        self._compiled: WeakKeyDictionary[KnownOperation, _Compiled] = WeakKeyDictionary()

    async def run(
        self,
        document: DocumentNode,
        operation: KnownOperation,
        variables: Mapping[str, JsonValue] | None,
        execution: Execution,
    ) -> ExecutionResult | None:
        """Returns what a valid query results in; None where graphql-core must say it."""
        values: VariableValues | None = None
        if operation.node.variable_definitions:
            given = get_variable_values(
                self._core, operation.node.variable_definitions, dict(variables or {})
            )
            if not isinstance(given, VariableValues):
                return None
            values = given
        plan = self._plan(document, operation, values)
        if plan is None:
            return None
        try:
            return await Run(plan, execution, values).result()
        except* Unprojectable:
            execution.forget()
        return None

    def _plan(
        self, document: DocumentNode, operation: KnownOperation, values: VariableValues | None
    ) -> Plan | None:
        compiled = self._compiled.get(operation)
        if compiled is None:
            compiled = self._compiled[operation] = _Compiled(document)
        coerced = values.coerced if values else {}
        fallen = tuple(coerced.get(name, False) for name in compiled.conditions)
        if None in fallen:  # a variable with a default may be null, which no condition may be
            return None
        if fallen not in compiled.plans and len(compiled.plans) < PLANS_MAX:
            conditions = dict(zip(compiled.conditions, map(bool, fallen), strict=True))
            selector = Selector(self._core, fragments_of(document), conditions)
            compiled.plans[fallen] = self._compile(operation, selector)
        return compiled.plans.get(fallen)

    def _compile(self, operation: KnownOperation, selector: Selector) -> Plan | None:
        try:
            return self._compiler.plan(operation.node, selector)
        except NotCompiled:
            return None
