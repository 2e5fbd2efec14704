"""Where a document becomes an answer: known → guarded → priced → run → told → written."""

import inspect
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSyntaxError,
    OperationType,
    execute,
    subscribe,
)
from strawberry import Schema
from strawberry.execution import optimized_is_awaitable

from edge.codec import JsonValue
from edge.errors import MethodNotAllowed
from edge.graphql.freshness import NO_STORE, Freshness
from edge.graphql.guard import Documents, Known, KnownOperation
from edge.graphql.http.persisted import Operations
from edge.graphql.http.request import Asked
from edge.graphql.plan import Plans
from edge.graphql.told import DOCUMENT, Entry, Teller
from edge.loading.execution import Execution
from mesh.errors import Internal, InvalidArgument, MeshError

Open = Callable[[OperationType], Execution]
"""Opens what the resolvers of one document share."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A GraphQL answer, written: JSON in UTF-8.

    `refusal` is set where the request as a whole was refused, so that there is no `data`.
    `cache_control` is for answers to GET.
    """

    body: bytes
    refusal: MeshError | None = None
    cache_control: bytes = NO_STORE


class Misfit(Exception):
    """A document does not fit the schema; `errors` says where."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class Engine:
    """Executes the documents of one schema."""

    def __init__(
        self,
        schema: Schema,
        documents: Documents,
        operations: Operations,
        freshness: Freshness,
        plans: Plans | None = None,
        *,
        suggests: bool,
    ) -> None:
        self._schema = schema._schema  # Strawberry has no other way to it
        self._executor = schema.execution_context_class
        self._documents = documents
        self._operations = operations
        self._freshness = freshness
        self._plans = plans
        self._fresh: WeakKeyDictionary[KnownOperation, bytes] = WeakKeyDictionary()
        self._teller = Teller(suggests=suggests)

    async def execute(self, asked: Asked, open_: Open) -> Answer:
        """Returns the answer to a query or a mutation, or the refusal of anything else."""
        try:
            known, operation = self._find(asked)
            _check_door(asked, operation)
            cost = operation.charge(asked.variables or {})
            execution = open_(operation.type)
        except (MeshError, GraphQLSyntaxError, Misfit) as error:
            return self.refuse(error)
        result = await self._run(known, operation, asked.variables, execution)
        answer = self._answer(result, cost)
        if asked.reads_only and not result.errors:
            fresh = self._freshness_of(known, operation)
            return Answer(answer.body, answer.refusal, fresh)
        return answer

    async def stream(self, asked: Asked, open_: Open) -> AsyncIterator[Answer]:
        """Yields the answers to a subscription; to anything else, the one that `execute` gives."""
        if self.type_of(asked) is not OperationType.SUBSCRIPTION:
            yield await self.execute(asked, open_)
            return
        try:
            known, operation = self._find(asked)
            cost = operation.charge(asked.variables or {})
            execution = open_(operation.type)
            results = await self._subscribe(known, operation, asked.variables, execution)
        except MeshError as error:
            yield self.refuse(error)
            return
        if isinstance(results, ExecutionResult):
            yield self._answer(results, cost)
            return
        events: Any = results
        async with aclosing(events):
            try:
                async for result in events:
                    yield self._answer(result, cost)
            except Exception as error:  # graphql-core hands on what breaks the source
                broken = GraphQLError(str(error), original_error=error)
                yield _said(None, self._teller.tell([broken]), {"cost": cost})
            finally:
                execution.forget()

    def type_of(self, asked: Asked) -> OperationType | None:
        """Returns the type of what a request asks for, None where that may not run."""
        try:
            return self._find(asked)[1].type
        except (MeshError, GraphQLSyntaxError, Misfit):
            return None

    def check(self, text: str) -> None:
        """Does nothing for a document whose operations may run.

        Raises:
            MeshError, GraphQLSyntaxError, Misfit: a bound is broken, the text is no GraphQL, or it
                does not fit the schema.
        """
        self._read(text)

    def refuse(self, error: Exception) -> Answer:
        """Returns the answer that refuses a request as a whole."""
        if isinstance(error, Misfit):
            return _refused(_DOES_NOT_FIT, self._teller.tell_misfit(error.errors))
        if isinstance(error, MeshError):
            return _refused(error, self._teller.tell_refusal(error))
        if isinstance(error, GraphQLError):
            return _refused(_DOES_NOT_FIT, self._teller.tell([error]))
        unexpected = GraphQLError(str(error), original_error=error)
        return _refused(Internal("internal error"), self._teller.tell([unexpected]))

    def _find(self, asked: Asked) -> tuple[Known, KnownOperation]:
        known = self._read(self._operations.text_of(asked))
        if asked.sha256:
            self._operations.keep(asked)
        return known, known.operation(asked.operation_name)

    def _read(self, text: str) -> Known:
        known = self._documents.read(text)
        if known.errors:
            raise Misfit(known.errors)
        return known

    async def _run(
        self,
        known: Known,
        operation: KnownOperation,
        variables: Mapping[str, JsonValue] | None,
        execution: Execution,
    ) -> ExecutionResult:
        """Returns what an operation results in; variables are as they came."""
        if self._plans and operation.type is OperationType.QUERY:
            planned = await self._plans.run(known.document, operation, variables, execution)
            if planned is not None:
                return planned
        name = operation.node.name
        result = execute(
            self._schema,
            known.document,
            context_value=execution,
            variable_values=variables,  # type: ignore[arg-type]  # read only
            operation_name=name.value if name else None,
            executor_class=self._executor,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # as good as a guard
        )
        try:
            return await result if inspect.isawaitable(result) else result
        finally:
            execution.forget()

    async def _subscribe(
        self,
        known: Known,
        operation: KnownOperation,
        variables: Mapping[str, JsonValue] | None,
        execution: Execution,
    ) -> AsyncIterator[ExecutionResult] | ExecutionResult:
        name = operation.node.name
        result = subscribe(
            self._schema,
            known.document,
            context_value=execution,
            variable_values=variables,  # type: ignore[arg-type]  # read only
            operation_name=name.value if name else None,
            executor_class=self._executor,
        )
        return await result if inspect.isawaitable(result) else result

    def _answer(self, result: ExecutionResult, cost: int) -> Answer:
        extensions = {**(result.extensions or {}), "cost": cost}
        if not result.errors:
            return Answer(orjson.dumps({"data": result.data, "extensions": extensions}))
        if result.data is None and not any(error.path for error in result.errors):
            # Its variables, to be exact, whose errors name what an input requires.
            return _refused(_DOES_NOT_FIT, self._teller.tell_misfit(result.errors))
        return _said(result.data, self._teller.tell(result.errors), extensions)

    def _freshness_of(self, known: Known, operation: KnownOperation) -> bytes:
        fresh = self._fresh.get(operation)
        if fresh is None:
            fresh = self._freshness.of(known.document, operation.node)
            self._fresh[operation] = fresh
        return fresh


_DOES_NOT_FIT = InvalidArgument("the document does not fit the schema", reason=DOCUMENT)


def _check_door(asked: Asked, operation: KnownOperation) -> None:
    if operation.type is OperationType.QUERY:
        return
    if asked.reads_only:
        raise MethodNotAllowed("GET", ["POST"])
    if operation.type is OperationType.SUBSCRIPTION:
        raise InvalidArgument(
            "a subscription needs a socket or `Accept: text/event-stream`", reason="NO_STREAM"
        )


def _said(data: JsonValue, entries: list[Entry], extensions: Entry) -> Answer:
    return Answer(orjson.dumps({"errors": entries, "data": data, "extensions": extensions}))


def _refused(refusal: MeshError, entries: list[Entry]) -> Answer:
    return Answer(orjson.dumps({"errors": entries}), refusal)
