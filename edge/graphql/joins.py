"""Resolvers of joins: references become objects (R4), parents get their children (R5).

Nothing is called here: a join asks a batcher for its key, and all keys of one level go together.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
from graphql import FieldNode, FragmentSpreadNode, GraphQLResolveInfo, SelectionSetNode

from edge.batch import Batcher, ReadAll, in_chunks, one_by_one
from edge.codec import JsonValue
from edge.contracts.fetchers import Fetchers
from edge.contracts.joins import BatchList, ForwardJoin, ReverseJoin
from edge.contracts.model import Field
from edge.contracts.operations import Page as AipPage
from edge.contracts.resources import Resource
from edge.graphql.execution import Execution
from edge.graphql.fields import Arguments, Resolve
from edge.graphql.pages import Page, Place, Window, binding, read_window
from edge.graphql.reads import reader
from mesh.errors import MeshError

Request = Mapping[str, JsonValue]


def load(
    execution: Execution, resource: Resource, fetchers: Fetchers, key: str
) -> "asyncio.Future[JsonValue]":
    """Returns the resource with a key, None where there is none."""
    batcher: Batcher[JsonValue] = execution.batcher(
        resource, lambda: reader(execution, resource, fetchers)
    )
    return batcher.load(key)


def forward(join: ForwardJoin, known: Collection[str]) -> Resolve:
    """Returns the resolver of a forward join.

    `known` holds the names of the target's fields that the key alone answers.
    """
    name, key_name = join.field.json_name, join.target.key.json_name

    def one(execution: Execution, value: str, key_only: bool) -> Any:
        key = join.key_of(value)
        if key is None:
            return None
        if key_only:
            return {key_name: key}
        return load(execution, join.target, join.fetchers, key)

    def resolve(source: Any, info: Any, arguments: Arguments) -> Any:
        value = source.get(name)
        if not value:
            return [] if join.repeated else None
        key_only = _asks_only_for(known, info._raw_info)
        if join.repeated:
            return [one(info.context, item, key_only) for item in value]
        return one(info.context, value, key_only)

    return resolve


def reverse(join: ReverseJoin) -> Resolve:
    """Returns the resolver of a reverse join; its value is a `Page`."""
    key_name, parent_name = join.owner.key.json_name, join.parent_field.json_name

    def resolve(source: Any, info: Any, arguments: Arguments) -> Any:
        key = join.owner.key_of(source[key_name])
        first, after, filters = split(arguments)
        request = {parent_name: join.argument_of(key), **filters}
        window = read_window(binding(join.list_method.path, request), first, after)
        return _page(window, _children(join, info.context, window, filters).load(key))

    return resolve


async def _page(window: Window, answer: "asyncio.Future[_Listed | None]") -> Page | None:
    listed = await answer
    return Page(window, *listed) if listed else None


_Listed = tuple[Sequence[JsonValue], str, int | None]
"""The items of a page, the token of the next page, and how many there are in all."""


def _children(
    join: ReverseJoin, execution: Execution, window: Window, filters: Request
) -> Batcher[_Listed]:
    """Returns the batcher for one window of a join: by BatchList where that can say it."""
    size, start = window.page_size, window.start
    batch = join.batch
    if batch and not filters and start == Place():
        return execution.batcher(
            (batch.method.path, size), lambda: _batch_list(join.owner, batch, execution, size)
        )
    request = {**filters, **page_request(join.page, size, start)}
    key = (join.list_method.path, orjson.dumps(request, option=orjson.OPT_SORT_KEYS))
    return execution.batcher(key, lambda: _list(join, execution, request))


def _batch_list(
    owner: Resource, batch: BatchList, execution: Execution, size: int | None
) -> ReadAll[_Listed]:
    parents, items = batch.parents_field, batch.entry_items_field.json_name
    sized = batch.page_size_field is not None and size is not None
    page = {batch.page_size_field.json_name: size} if sized and batch.page_size_field else {}

    async def read(keys: Sequence[str]) -> Mapping[str, _Listed]:
        asked = [owner.argument_of(parents, key) for key in keys]
        answer = await execution.call(batch.method, {parents.json_name: asked, **page})
        return {
            owner.key_of(entry[batch.entry_parent_field.json_name]): (
                entry[items],
                _value(entry, batch.entry_token_field) or "",
                _value(entry, batch.entry_total_field),
            )
            for entry in answer[batch.entries_field.json_name]
        }

    async def read_all(keys: Sequence[str]) -> Mapping[str, _Listed | MeshError | None]:
        return await in_chunks(keys, read)

    return read_all


def _list(join: ReverseJoin, execution: Execution, request: Request) -> ReadAll[_Listed]:
    parent, items, page = join.parent_field.json_name, join.items_field.json_name, join.page

    async def read(key: str) -> _Listed:
        asked = {parent: join.argument_of(key), **request}
        answer = await execution.call(join.list_method, asked)
        token = _value(answer, page.next_token_field) if page else ""
        return answer[items], token, _value(answer, page.total_field) if page else None

    async def read_all(keys: Sequence[str]) -> Mapping[str, _Listed | MeshError | None]:
        return await one_by_one(keys, read)

    return read_all


def split(arguments: Arguments) -> tuple[int | None, str | None, Arguments]:
    """Returns `first`, `after`, and the other arguments that say something."""
    first, after = arguments.pop("first", None), arguments.pop("after", None)
    return first, after, {n: value for n, value in arguments.items() if value not in (None, "")}


def page_request(page: AipPage | None, size: int | None, start: Place) -> dict[str, JsonValue]:
    """Returns the fields of a request that say which page is asked for."""
    if page is None:
        return {}
    sized = {} if size is None else {page.size_field.json_name: size}
    return sized | ({page.token_field.json_name: start.token} if start.token else {})


def _value(message: JsonValue, field: Field | None) -> Any:
    return message.get(field.json_name) if field else None


def _asks_only_for(known: Collection[str], info: GraphQLResolveInfo[Any]) -> bool:
    return all(_within(known, node.selection_set, info) for node in info.field_nodes)


def _within(
    known: Collection[str], selections: SelectionSetNode | None, info: GraphQLResolveInfo[Any]
) -> bool:
    for node in selections.selections if selections else ():
        if isinstance(node, FieldNode):
            if node.name.value not in known:
                return False
        elif isinstance(node, FragmentSpreadNode):
            if not _within(known, info.fragments[node.name.value].selection_set, info):
                return False
        elif not _within(known, getattr(node, "selection_set", None), info):
            return False
    return True
