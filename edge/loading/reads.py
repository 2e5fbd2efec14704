"""Reads for a `Batcher`: resources by key (R2, R6), and the children of parents (R5)."""

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import orjson
from google.protobuf.message import Message

from edge.batch import ReadAll, ReadMany, ReadOne, in_chunks, one_by_one
from edge.codec import JsonValue
from edge.contracts.fetchers import BatchGet, Fetchers, Get
from edge.contracts.joins import BatchList, ReverseJoin
from edge.contracts.model import Field
from edge.contracts.operations import Page as AipPage
from edge.contracts.resources import Resource
from edge.loading.execution import Execution
from edge.loading.pages import Place, Window, binding
from mesh.errors import MeshError

Request = Mapping[str, JsonValue]
Listed = tuple[Sequence[Message], str, int | None, Message]
"""The items of a page, the token of the next page, how many there are in all, and the answer."""


def reader(execution: Execution, resource: Resource, fetchers: Fetchers) -> ReadAll[Message]:
    """Returns what reads any number of resources of one type by their keys."""
    many = _by_batch(execution, resource, fetchers.batch_get) if fetchers.batch_get else None
    one = _by_get(execution, resource, fetchers.get) if fetchers.get else None

    async def read(keys: Sequence[str]) -> Mapping[str, Message | MeshError | None]:
        if many:
            return await in_chunks(keys, many, one)
        assert one, f"{resource.type} is not joinable"
        return await one_by_one(keys, one)

    return read


def one_of(execution: Execution, resource: Resource, fetchers: Fetchers) -> ReadAll[Message]:
    """Returns what reads several resources that a client names itself.

    One that the batch does not give is asked for by Get, whose error is the owner's own word (R6).
    """
    assert fetchers.get
    all_, one = reader(execution, resource, fetchers), _by_get(execution, resource, fetchers.get)

    async def alone(key: str) -> tuple[str, Message | MeshError]:
        try:
            return key, await one(key)
        except MeshError as error:
            return key, error

    async def read(keys: Sequence[str]) -> Mapping[str, Message | MeshError | None]:
        found = dict(await all_(keys))
        lacking = [key for key in keys if not isinstance(found.get(key), Message)]
        # What fails for all of them would fail for each again.
        if len(lacking) < len(keys) or not any(found.values()):
            found.update(await asyncio.gather(*map(alone, lacking)))
        return found

    return read


def children(
    execution: Execution, join: ReverseJoin, window: Window, filters: Request
) -> tuple[Hashable, Callable[[], ReadAll[Listed]]]:
    """Returns what makes the read of one window of a join, and what tells it from other reads.

    It is a BatchList where that can say the window, else a List for each parent.
    """
    size, start, batch = window.page_size, window.start, join.batch
    if batch and not filters and start == Place():
        key = (batch.method.path, size)
        return key, lambda: _batch_list(join.owner, batch, execution, size)
    request = {**filters, **page_request(join.page, size, start)}
    text = orjson.dumps(request, option=orjson.OPT_SORT_KEYS)
    return (join.list_method.path, text), lambda: _list(join, execution, request)


def split(arguments: dict[str, JsonValue]) -> tuple[int | None, str | None, dict[str, JsonValue]]:
    """Returns `first`, `after`, and the other arguments that say something."""
    rest = {name: value for name, value in arguments.items() if value not in (None, "")}
    return rest.pop("first", None), rest.pop("after", None), rest


def binding_below(join: ReverseJoin, key: str, filters: dict[str, JsonValue]) -> str:
    """Returns what the cursors of the children of one parent are bound to."""
    request = {join.parent_field.json_name: join.argument_of(key), **filters}
    return binding(join.list_method.path, request)


def page_request(page: AipPage | None, size: int | None, start: Place) -> dict[str, JsonValue]:
    """Returns the fields of a request that say which page is asked for."""
    if page is None:
        return {}
    sized = {} if size is None else {page.size_field.json_name: size}
    return sized | ({page.token_field.json_name: start.token} if start.token else {})


def listed(message: Message, items: Field, token: Field | None, total: Field | None) -> Listed:
    """Returns what a message with a page holds."""
    token_text, count = _value(message, token) or "", _value(message, total)
    return getattr(message, items.name), token_text, count, message


def _by_batch(execution: Execution, resource: Resource, fetcher: BatchGet) -> ReadMany[Message]:
    names, items = fetcher.names_field, fetcher.items_field.name
    key_name = resource.key.name

    async def read(keys: Sequence[str]) -> Mapping[str, Message]:
        asked = [*map(resource.argument_to(names), keys)]
        answer = await execution.load(fetcher.method, {names.name: asked})
        return {resource.key_of(getattr(i, key_name)): i for i in getattr(answer, items)}

    return read


def _by_get(execution: Execution, resource: Resource, fetcher: Get) -> ReadOne[Message]:
    field = fetcher.name_field

    async def read(key: str) -> Message:
        asked = resource.argument_of(field, key)
        return await execution.load(fetcher.method, {field.name: asked})

    return read


def _batch_list(
    owner: Resource, batch: BatchList, execution: Execution, size: int | None
) -> ReadAll[Listed]:
    parents, parent = batch.parents_field, batch.entry_parent_field.name
    fields = batch.entry_items_field, batch.entry_token_field, batch.entry_total_field
    sized = batch.page_size_field is not None and size is not None
    page = {batch.page_size_field.name: size} if sized and batch.page_size_field else {}

    async def read(keys: Sequence[str]) -> Mapping[str, Listed]:
        asked = [*map(owner.argument_to(parents), keys)]
        answer = await execution.load(batch.method, {parents.name: asked, **page})
        entries = getattr(answer, batch.entries_field.name)
        return {owner.key_of(getattr(e, parent)): listed(e, *fields) for e in entries}

    async def read_all(keys: Sequence[str]) -> Mapping[str, Listed | MeshError | None]:
        return await in_chunks(keys, read)

    return read_all


def _list(join: ReverseJoin, execution: Execution, request: Request) -> ReadAll[Listed]:
    parent, page = join.parent_field.json_name, join.page
    token, total = (page.next_token_field, page.total_field) if page else (None, None)

    async def read(key: str) -> Listed:
        asked = {parent: join.argument_of(key), **request}
        answer = await execution.call(join.list_method, asked)
        return listed(answer, join.items_field, token, total)

    async def read_all(keys: Sequence[str]) -> Mapping[str, Listed | MeshError | None]:
        return await one_by_one(keys, read)

    return read_all


def _value(message: Message, field: Field | None) -> Any:
    return getattr(message, field.name) if field else None
