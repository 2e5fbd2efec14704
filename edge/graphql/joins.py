"""Resolvers of joins: references become objects (R4), parents get their children (R5).

Nothing is called here: a join asks a batcher for its key, and all keys of one level go together.
"""

import asyncio
from collections.abc import Collection
from functools import partial
from typing import Any

from google.protobuf.message import Message
from graphql import GraphQLResolveInfo, get_named_type, is_object_type

from edge.batch import Batcher
from edge.contracts.fetchers import Fetchers
from edge.contracts.joins import ForwardJoin, ReverseJoin
from edge.contracts.resources import Resource
from edge.graphql.fields import Arguments, Resolve
from edge.graphql.selection import selector_of
from edge.loading.execution import Execution
from edge.loading.pages import Binding, Page, Window, read_window
from edge.loading.reads import Listed, binding_below, children, reader, split


def load(
    execution: Execution, resource: Resource, fetchers: Fetchers, key: str
) -> "asyncio.Future[Message | None]":
    """Returns the resource with a key, None where there is none."""
    batcher: Batcher[Message] = execution.batcher(
        resource, lambda: reader(execution, resource, fetchers)
    )
    return batcher.load(key)


def forward(join: ForwardJoin, known: Collection[str]) -> Resolve:
    """Returns the resolver of a forward join.

    `known` holds the names of the target's fields that the key alone answers.
    """
    name, target = join.field.name, join.target

    def one(execution: Execution, value: str, key_only: bool) -> Any:
        key = join.key_of(value)
        if key is None:
            return None
        if key_only:
            return execution.messages.make(target.message.full_name, {target.key.name: key})
        return load(execution, target, join.fetchers, key)

    def resolve(source: Any, info: Any, arguments: Arguments) -> Any:
        value = getattr(source, name)
        if not value:
            return [] if join.repeated else None
        key_only = _asks_only_for(known, info._raw_info)
        if join.repeated:
            return [one(info.context, item, key_only) for item in value]
        return one(info.context, value, key_only)

    return resolve


def reverse(join: ReverseJoin) -> Resolve:
    """Returns the resolver of a reverse join; its value is a `Page`."""

    def resolve(source: Any, info: Any, arguments: Arguments) -> Any:
        key = join.owner.key_of(getattr(source, join.owner.key.name))
        first, after, filters = split(arguments)
        bound = partial(binding_below, join, key, filters)
        window = read_window(bound, first, after, info.context.first_max)
        batcher: Batcher[Listed] = info.context.batcher(
            *children(info.context, join, window, filters)
        )
        return _page(window, bound, batcher.load(key))

    return resolve


async def _page(
    window: Window, bound: Binding, answer: "asyncio.Future[Listed | None]"
) -> Page | None:
    listed = await answer
    return Page(window, bound, *listed) if listed else None


def _asks_only_for(known: Collection[str], info: GraphQLResolveInfo[Any]) -> bool:
    type_ = get_named_type(info.return_type)
    assert is_object_type(type_)
    fields = selector_of(info).fields(type_, list(info.field_nodes))
    return all(nodes[0].name.value in known for nodes in fields.values())
