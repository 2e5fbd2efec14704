"""A caller whose answers follow from a seed and the key asked for, whoever asks and how."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from google.protobuf import field_mask_pb2
from google.protobuf.message import Message

from edge.call import RequestContext
from edge.contracts.derived import Derived
from edge.contracts.fetchers import Fetchers
from edge.contracts.joins import BatchList, ReverseJoin
from edge.contracts.model import Method
from edge.contracts.resources import Resource
from mesh.errors import Internal, InvalidArgument, NotFound, Unavailable
from tests.contracts.filling import Filler
from tests.contracts.types import Types

FAULTS = (Unavailable, Internal, InvalidArgument, NotFound)
ITEMS_MAX = 3


class Answers:
    """Answers every method of the contracts.

    One resource in ten is missing, one type in fifteen fails whichever method reads it. How many
    turns of the loop an answer takes follows from the seed too. With `masks` an answer holds no
    more than its read mask asks for (AIP-157).
    """

    def __init__(self, derived: Derived, types: Types, seed: int, *, masks: bool = True) -> None:
        self._masks = masks
        self._types = types
        self._filler = Filler(types)
        self._seed = seed
        self._fetched: dict[str, tuple[Resource, Fetchers]] = {}
        for resource in derived.resources.all:
            fetchers = derived.fetchers[resource.message.full_name]
            for fetcher in (fetchers.batch_get, fetchers.get):
                if fetcher:
                    self._fetched[fetcher.method.path] = (resource, fetchers)
        reverse = [join for joins in derived.joins.reverse.values() for join in joins]
        self._lists: dict[str, ReverseJoin] = {join.list_method.path: join for join in reverse}
        self._batches = {j.batch.method.path: (j, j.batch) for j in reverse if j.batch}

    def serves(self, service: str) -> bool:
        return True

    async def unary(self, method: Method, request: bytes, context: RequestContext) -> bytes:
        for _ in range(self._number(method.path) % 4):
            await asyncio.sleep(0)
        asked = self._read(method.input.full_name, request)
        masked = self._masks and "read_mask" in asked.DESCRIPTOR.fields_by_name
        paths = list(asked.read_mask.paths) if masked else []
        answer = self._answer(method, asked)
        keep(answer, paths)
        return answer.SerializeToString()

    def _answer(self, method: Method, asked: Any) -> Message:
        if method.path in self._fetched:
            return self._fetch(method, asked, *self._fetched[method.path])
        if method.path in self._batches:
            return self._batch_list(*self._batches[method.path], asked)
        self._fail(method.output.full_name)
        if method.path in self._lists:
            return self._list(self._lists[method.path], asked)
        if "request_id" in asked.DESCRIPTOR.fields_by_name:
            assert asked.request_id, "every request has an id of its own"
            asked.ClearField("request_id")
        return self._filled(method.output.full_name, self._number(method.path, plain(asked)))

    async def stream(
        self, method: Method, request: bytes, context: RequestContext
    ) -> AsyncIterator[bytes]:
        yield await self.unary(method, request, context)

    def _number(self, *words: object) -> int:
        return zlib.crc32(repr((self._seed, *words)).encode())

    def _fail(self, name: str) -> None:
        number = self._number("fault", name)
        if number % 15 == 0:
            raise FAULTS[number // 15 % len(FAULTS)]("broken")

    def _filled(self, full_name: str, seed: int) -> Message:
        descriptor = self._types.pool.FindMessageTypeByName(full_name)
        return self._filler.message(descriptor, seed % 1000)

    def _read(self, full_name: str, data: bytes) -> Message:
        return self._types.parse(self._types.pool.FindMessageTypeByName(full_name), data)

    def _item(self, resource: Resource, key: str) -> Message | None:
        if self._number("missing", resource.type, key) % 10 == 0:
            return None
        item = self._filled(resource.message.full_name, self._number(resource.type, key))
        setattr(item, resource.key.name, key)
        return item

    def _fetch(
        self, method: Method, asked: Message, resource: Resource, fetchers: Fetchers
    ) -> Message:
        self._fail(resource.message.full_name)
        batch, get = fetchers.batch_get, fetchers.get
        if batch and batch.method is method:
            answer = self._read(method.output.full_name, b"")
            keys = [resource.key_of(name) for name in getattr(asked, batch.names_field.name)]
            items = [item for key in reversed(keys) if (item := self._item(resource, key))]
            getattr(answer, batch.items_field.name).extend(items)
            return answer
        assert get
        item = self._item(resource, resource.key_of(getattr(asked, get.name_field.name)))
        if item is None:
            raise NotFound("there is none")
        return item

    def _list(self, join: ReverseJoin, asked: Message) -> Message:
        answer = self._read(join.list_method.output.full_name, b"")
        parent, page = getattr(asked, join.parent_field.name), join.page
        words = (parent, asked.SerializeToString(deterministic=True))
        getattr(answer, join.items_field.name).extend(self._children(join, parent, words))
        if page and self._number("more", *words) % 2:
            setattr(answer, page.next_token_field.name, "next")
        if page and page.total_field:
            setattr(answer, page.total_field.name, 7)
        return answer

    def _batch_list(self, join: ReverseJoin, batch: BatchList, asked: Message) -> Message:
        self._fail(batch.method.output.full_name)
        answer = self._read(batch.method.output.full_name, b"")
        entries = getattr(answer, batch.entries_field.name)
        size = batch.page_size_field and getattr(asked, batch.page_size_field.name)
        for parent in getattr(asked, batch.parents_field.name):
            if self._number("none", parent) % 10:
                entry = entries.add()
                setattr(entry, batch.entry_parent_field.name, parent)
                children = self._children(join, parent, (parent, size))
                getattr(entry, batch.entry_items_field.name).extend(children)
                if batch.entry_token_field and self._number("more", parent, size) % 2:
                    setattr(entry, batch.entry_token_field.name, "next")
        return answer

    def _children(self, join: ReverseJoin, parent: str, words: tuple[object, ...]) -> list[Message]:
        count = self._number("count", *words) % (ITEMS_MAX + 1)
        names = (self._filler.name(join.child.type, n, parent) for n in range(count))
        found = (self._item(join.child, join.child.key_of(name)) for name in names)
        return [item for item in found if item]


def keep(answer: Message, paths: Sequence[str]) -> None:
    """Leaves of an answer what a read mask names, of each item where it holds but items."""
    lists = [f for f in answer.DESCRIPTOR.fields if f.is_repeated and f.message_type]
    paged = "next_page_token" in answer.DESCRIPTOR.fields_by_name or len(lists) == 1
    about = list(getattr(answer, lists[0].name)) if paged else [answer]
    for message in about if paths else ():
        whole = type(message)()
        whole.CopyFrom(message)
        message.Clear()
        field_mask_pb2.FieldMask(paths=paths).MergeMessage(whole, message)


def plain(asked: Message) -> bytes:
    """Returns what a request asks, whatever part of the answer it wants."""
    if "read_mask" in asked.DESCRIPTOR.fields_by_name:
        asked.ClearField("read_mask")
    return asked.SerializeToString(deterministic=True)
