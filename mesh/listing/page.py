"""Pages of a collection (AIP-158), by the keys of the rows that they end with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from mesh.listing.collection import Collection
from mesh.listing.order import Key
from mesh.listing.token import read_token, write_token

PAGE_SIZE_DEFAULT = 20
PAGE_SIZE_MAX = 100

T = TypeVar("T")
U = TypeVar("U")


class ListRequest(Protocol):
    """What every List request of our contracts has."""

    page_size: int
    page_token: str
    filter: str
    order_by: str


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Which page of a collection is asked for. `parent` is empty where there is none."""

    page_size: int = PAGE_SIZE_DEFAULT
    page_token: str = ""
    filter: str = ""
    order_by: str = ""
    parent: str = ""

    @classmethod
    def of(cls, request: ListRequest, parent: str = "") -> "PageQuery":
        """Returns what a List request asks for."""
        size = page_size(request.page_size)
        return cls(size, request.page_token, request.filter, request.order_by, parent)


def page_size(asked: int) -> int:
    """Returns how many a page may hold: 0 asks for the default, too many for the most."""
    return min(asked or PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a collection. The token is empty on the last page."""

    items: tuple[T, ...]
    next_page_token: str = ""
    total_size: int = 0

    def map(self, change: Callable[[T], U]) -> "Page[U]":
        """Returns the page with every item changed."""
        return Page(tuple(map(change, self.items)), self.next_page_token, self.total_size)


async def list_page(
    connection: AsyncConnection,
    collection: Collection,
    query: PageQuery,
    within: ColumnElement[bool] | None = None,
) -> Page[Row[Any]]:
    """Returns the page of rows that the query asks for; `within` narrows to the parent's rows.

    Raises:
        InvalidArgument: the filter, the order or the page token cannot be read.
    """
    condition = collection.where(query.filter)
    if within is not None:
        condition = and_(within, condition)
    keys = collection.order_keys(query.order_by)
    binding = _binding(collection, query.parent, query.filter, query.order_by)
    page = await keyset_page(connection, collection, condition, keys, binding, query)
    count = select(func.count()).select_from(collection.table).where(condition)
    return replace(page, total_size=await connection.scalar(count) or 0)


async def keyset_page(
    connection: AsyncConnection,
    collection: Collection,
    condition: ColumnElement[bool],
    keys: Sequence[Key],
    binding: tuple[str, ...],
    query: PageQuery,
) -> Page[Row[Any]]:
    """Returns a page of the rows that meet the condition, in the order of keys.

    A row is met once on the way through all pages, however many come and go meanwhile: a token
    holds the keys of the last row, not a distance. `binding` is what all pages have in common;
    of the query only the size and the token count.

    Raises:
        InvalidArgument: the token is none of ours, or belongs to another binding.
    """
    size, token = query.page_size, query.page_token
    start = _after(keys, read_token(keys, binding, token)) if token else true()
    statement = (
        select(collection.table, *_held(keys))
        .where(condition, start)
        .order_by(*_ways(keys))
        .limit(size + 1)
    )
    return _page(keys, binding, (await connection.execute(statement)).all(), size)


async def first_pages(
    connection: AsyncConnection,
    collection: Collection,
    parent: ColumnElement[str],
    parents: Sequence[str],
    size: int,
) -> dict[str, Page[Row[Any]]]:
    """Returns the first page of each parent's rows, in the collection's own order, by parent.

    One statement for all parents; the tokens go on in `list_page` with that parent. A parent
    without rows has no page.
    """
    keys = collection.order_keys("")
    ranked = (
        select(
            collection.table,
            parent.label("page_parent"),
            func.row_number().over(partition_by=parent, order_by=_ways(keys)).label("place"),
            func.count().over(partition_by=parent).label("total"),
            *_held(keys),
        )
        .where(parent.in_(parents))
        .subquery()
    )
    statement = select(ranked).where(ranked.c.place <= size + 1).order_by(ranked.c.place)
    rows: dict[str, list[Row[Any]]] = {}
    for row in await connection.execute(statement):
        rows.setdefault(row.page_parent, []).append(row)
    return {
        name: replace(
            _page(keys, _binding(collection, name), found, size), total_size=found[0].total
        )
        for name, found in rows.items()
    }


def _binding(collection: Collection, parent: str, *arguments: str) -> tuple[str, ...]:
    return (collection.table.description, parent, *(arguments or ("", "")))


def _held(keys: Sequence[Key]) -> list[ColumnElement[Any]]:
    """The keys as the last columns of a row, where `_page` finds them."""
    return [key.field.column.label(f"key_{place}") for place, key in enumerate(keys)]


def _ways(keys: Sequence[Key]) -> list[ColumnElement[Any]]:
    return [key.field.column.desc() if key.descending else key.field.column for key in keys]


def _page(
    keys: Sequence[Key], binding: tuple[str, ...], rows: Sequence[Row[Any]], size: int
) -> Page[Row[Any]]:
    """Returns the page of rows, of which one more than `size` says that there are others."""
    if len(rows) <= size:
        return Page(tuple(rows))
    return Page(tuple(rows[:size]), write_token(keys, binding, rows[size - 1][-len(keys) :]))


def _after(keys: Sequence[Key], values: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    """Returns whether a row comes after the values: a lexicographic comparison, key by key."""
    alternatives = []
    equal: list[ColumnElement[bool]] = []
    for key, value in zip(keys, values, strict=True):
        column = key.field.column
        alternatives.append(and_(*equal, column < value if key.descending else column > value))
        equal.append(column == value)
    return or_(*alternatives)
