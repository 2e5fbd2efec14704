"""The root fields: one for each method that the edge offers, and `node` (R3, R7, R9, R11, R13)."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from functools import partial
from typing import Any

from google.protobuf.message import Message
from graphql import GraphQLResolveInfo, get_named_type

from edge.codec import JsonValue
from edge.contracts.derived import Derived
from edge.contracts.fields import NODE_ID
from edge.contracts.operations import Operation, OperationKind
from edge.contracts.operations import Page as AipPage
from edge.graphql import joins
from edge.graphql.fields import (
    Argument,
    Arguments,
    GraphQLType,
    InputField,
    OutputField,
    Read,
    Resolve,
    optional,
)
from edge.graphql.inputs import Inputs
from edge.graphql.outputs import ID, Outputs, read_node_id
from edge.graphql.read_mask import read_mask
from edge.graphql.selection import selector_of
from edge.loading.execution import Execution
from edge.loading.pages import Page, binding, read_window
from edge.loading.reads import listed, page_request, split
from edge.mask import UpdateMask
from mesh.errors import InvalidArgument

Mask = Callable[[dict[str, JsonValue]], bytes]


def root_field(
    derived: Derived, operation: Operation, outputs: Outputs, inputs: Inputs
) -> OutputField:
    """Returns the root field of a method."""
    page, method = operation.page, operation.method
    if page:
        type_: GraphQLType = outputs.connection(page.items_field.type_name)
        resolve = _lists(operation, page)
        arguments = inputs.list_arguments(operation)
    else:
        type_ = outputs.result(method)
        leaf = outputs.leaf(method.output.full_name)
        if operation.kind is OperationKind.SUBSCRIPTION:
            resolve = _streams(operation, leaf.compiled())
        else:
            resolve = _calls(operation, _mask(derived, operation), leaf.compiled())
        mask = operation.read_mask_field
        arguments = inputs.arguments(operation, [mask] if mask else [])
    return OutputField(
        derived.names.field_of(method),
        optional(type_),
        resolve=resolve,
        fact=operation,
        arguments=arguments,
        description=method.comment,
        deprecated=method.deprecated,
        is_subscription=operation.kind is OperationKind.SUBSCRIPTION,
    )


def node_field(derived: Derived, outputs: Outputs) -> OutputField:
    """Returns `node`, which reads anything that has an id."""

    async def resolve(source: Any, info: Any, arguments: Arguments) -> Message | None:
        full_name, key = read_node_id(arguments["id"]) or ("", "")
        fetchers = derived.fetchers.get(full_name)
        known = full_name in derived.names.types
        if not known or fetchers is None or not fetchers.joinable:
            raise InvalidArgument("the id is none of ours", reason="NODE_ID")
        resource = derived.resources.by_message[full_name]
        return await joins.load(info.context, resource, fetchers, resource.key_of(key))

    return OutputField(
        "node",
        optional(outputs.node),
        resolve=resolve,
        arguments=[Argument(InputField(NODE_ID, NODE_ID, ID))],
        description="Returns what has an id; null where there is none.",
    )


def _calls(operation: Operation, mask: Mask, read: Read) -> Resolve:
    method = operation.method

    async def resolve(source: Any, info: Any, arguments: Arguments) -> Any:
        identify(operation, arguments)
        more = mask(arguments) + _read_mask(operation, info._raw_info)
        answer = await info.context.call(method, arguments, more)
        if operation.kind is OperationKind.MUTATION:
            info.context.forget()
        return read(answer)

    return resolve


def _lists(operation: Operation, page: AipPage) -> Resolve:
    async def resolve(source: Any, info: Any, arguments: Arguments) -> Page:
        mask = _read_mask(operation, info._raw_info)
        return await list_page(info.context, operation, page, arguments, mask)

    return resolve


def _read_mask(operation: Operation, info: GraphQLResolveInfo[Any]) -> bytes:
    if operation.read_mask_field is None:
        return b""
    type_ = get_named_type(info.return_type)
    return read_mask(operation, type_, list(info.field_nodes), selector_of(info))


async def list_page(
    execution: Execution,
    operation: Operation,
    page: AipPage,
    arguments: Arguments,
    more: bytes = b"",
) -> Page:
    """Returns the page of a list that the arguments ask for; `more` is as in `Execution.call`.

    Raises:
        MeshError: as `Execution.call` and `read_window`.
    """
    method = operation.method
    first, after, filters = split(arguments)
    bound = partial(binding, method.path, filters)
    window = read_window(bound, first, after, execution.first_max)
    paged = page_request(page, window.page_size, window.start)
    request = {**filters, **paged}
    identify(operation, request)
    answer = await execution.call(method, request, more)
    found = listed(answer, page.items_field, page.next_token_field, page.total_field)
    return Page(window, bound, *found)


def _streams(operation: Operation, read: Read) -> Resolve:
    async def resolve(source: Any, info: Any, arguments: Arguments) -> AsyncIterator[Any]:
        mask = _read_mask(operation, info._raw_info)
        async with aclosing(info.context.stream(operation.method, arguments, mask)) as answers:
            async for answer in answers:
                yield read(answer)

    return resolve


def identify(operation: Operation, arguments: Arguments) -> None:
    """Gives the request an id of its own, so that it may be repeated (AIP-155)."""
    field = operation.request_id_field
    if field and not arguments.get(field.json_name):
        arguments[field.json_name] = str(uuid.uuid4())


def _mask(derived: Derived, operation: Operation) -> Mask:
    found = operation.update_mask
    if found is None:
        return lambda request: b""
    resource = derived.resources.by_message.get(found.resource_field.type_name)
    bound = frozenset({(resource.key.name,)} if resource else ())
    return UpdateMask(
        derived.contracts, found.mask_field, found.resource_field, bound, whole=False
    ).encoded
