"""Reads of resources by key, for a `Batcher`: BatchGet where there is one, else Get (R2, R6)."""

from collections.abc import Mapping, Sequence

from edge.batch import ReadAll, ReadMany, ReadOne, in_chunks, one_by_one
from edge.codec import JsonValue
from edge.contracts.fetchers import BatchGet, Fetchers, Get
from edge.contracts.resources import Resource
from edge.graphql.execution import Execution
from mesh.errors import MeshError


def reader(execution: Execution, resource: Resource, fetchers: Fetchers) -> ReadAll[JsonValue]:
    """Returns what reads any number of resources of one type by their keys."""
    many = _by_batch(execution, resource, fetchers.batch_get) if fetchers.batch_get else None
    one = _by_get(execution, resource, fetchers.get) if fetchers.get else None

    async def read(keys: Sequence[str]) -> Mapping[str, JsonValue | MeshError | None]:
        if many:
            return await in_chunks(keys, many, one)
        assert one, f"{resource.type} is not joinable"
        return await one_by_one(keys, one)

    return read


def _by_batch(execution: Execution, resource: Resource, fetcher: BatchGet) -> ReadMany[JsonValue]:
    names, items = fetcher.names_field, fetcher.items_field.json_name
    key = resource.key.json_name

    async def read(keys: Sequence[str]) -> Mapping[str, JsonValue]:
        asked = [resource.argument_of(names, key) for key in keys]
        answer = await execution.call(fetcher.method, {names.json_name: asked})
        return {resource.key_of(item[key]): item for item in answer[items]}

    return read


def _by_get(execution: Execution, resource: Resource, fetcher: Get) -> ReadOne[JsonValue]:
    field = fetcher.name_field

    async def read(key: str) -> JsonValue:
        asked = resource.argument_of(field, key)
        return await execution.call(fetcher.method, {field.json_name: asked})

    return read
