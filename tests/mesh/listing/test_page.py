import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh.errors import InvalidArgument
from mesh.listing import Collection, Page, PageQuery, first_pages, list_page, page_size
from mesh.store import reading, writing

FIELDS = ("title", "weight", "rating", "active", "state", "made", "name")
ORDERS = st.lists(
    st.tuples(st.sampled_from(FIELDS), st.sampled_from(("", " asc", " desc"))),
    max_size=4,
    unique_by=lambda key: key[0],
)


async def page(engine: AsyncEngine, collection: Collection, query: PageQuery) -> Page[Any]:
    async with reading(engine) as db:
        return await list_page(db, collection, query)


async def walk(
    engine: AsyncEngine, collection: Collection, size: int, order_by: str = ""
) -> list[Any]:
    rows: list[Any] = []
    token = ""
    while True:
        query = PageQuery(size, token, order_by=order_by)
        found = await page(engine, collection, query)
        assert found.total_size == 30
        rows += found.items
        token = found.next_page_token
        if not token:
            return rows
        assert len(found.items) == size


def in_order(things: Any, order: list[tuple[str, str]]) -> list[str]:
    """Sorts as a caller expects: unset before everything, equals by name."""
    found = sorted(things, key=lambda thing: thing.name)
    for field, way in reversed(order):
        values = {thing: getattr(thing, field) for thing in found}
        unset = [thing for thing in found if values[thing] is None]
        known = [thing for thing in found if values[thing] is not None]
        known.sort(key=values.__getitem__, reverse=way == " desc")
        found = [*known, *unset] if way == " desc" else [*unset, *known]
    return [thing.name for thing in found]


@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=ORDERS, size=st.integers(1, 31))
async def test_pages_visit_every_row_once_in_any_order(
    engine: AsyncEngine,
    collection: Collection,
    things: Any,
    order: list[tuple[str, str]],
    size: int,
) -> None:
    rows = await walk(engine, collection, size, ",".join(map("".join, order)))
    assert [row.name for row in rows] == in_order(things, order)


async def test_rows_that_come_and_go_move_no_other(
    engine: AsyncEngine, collection: Collection
) -> None:
    first = await page(engine, collection, PageQuery(10))
    async with writing(engine) as db:
        await db.execute(delete(collection.table).where(collection.table.c.name == "things/09"))
        new = {"name": "things/00a", "parent": "", "title": "", "rating": 0, "active": False}
        new |= {"state": "NEW", "made": datetime(2026, 1, 1, tzinfo=UTC)}
        await db.execute(insert(collection.table), [new])
    second = await page(engine, collection, PageQuery(10, first.next_page_token))
    assert [row.name for row in second.items] == [f"things/{number}" for number in range(10, 20)]


@pytest.mark.parametrize(("asked", "given_"), [(0, 20), (1, 1), (100, 100), (101, 100)])
def test_page_sizes_have_a_default_and_a_bound(asked: int, given_: int) -> None:
    assert page_size(asked) == given_


@pytest.mark.parametrize(
    "change",
    [{"filter": "active = true"}, {"order_by": "title"}, {"parent": "parents/1"}],
)
async def test_a_token_is_bound_to_the_other_arguments(
    engine: AsyncEngine, collection: Collection, change: dict[str, str]
) -> None:
    token = (await page(engine, collection, PageQuery(5))).next_page_token
    assert await page(engine, collection, PageQuery(7, token))
    with pytest.raises(InvalidArgument, match="page_token") as refused:
        await page(engine, collection, PageQuery(5, token, **change))
    assert [violation.field for violation in refused.value.violations] == ["page_token"]


def forged(token: str, text: bytes) -> str:
    """Returns the token with another last key under its own digest."""
    held = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    return base64.urlsafe_b64encode(held[: held.index(b",") + 1] + text + b"]").decode()


@pytest.mark.parametrize("token", ["x", "nonsense", "äöü", "W10", "bnVsbA", "WyJ4IiwiYSJd", "e30"])
async def test_a_token_of_nobody_is_refused(
    engine: AsyncEngine, collection: Collection, token: str
) -> None:
    with pytest.raises(InvalidArgument, match="page_token"):
        await page(engine, collection, PageQuery(5, token))


@pytest.mark.parametrize("text", [b"1", b"null", b"[]", b'"a","b"', b'{"a":1}'])
async def test_a_forged_token_is_refused(
    engine: AsyncEngine, collection: Collection, text: bytes
) -> None:
    token = (await page(engine, collection, PageQuery(5))).next_page_token
    with pytest.raises(InvalidArgument, match="page_token"):
        await page(engine, collection, PageQuery(5, forged(token, text)))


async def test_first_pages_are_those_of_each_parent(
    engine: AsyncEngine, collection: Collection, things: Any
) -> None:
    parent = collection.table.c.parent
    names = [f"parents/{number}" for number in (3, 0, 9)]
    async with reading(engine) as db:
        pages = await first_pages(db, collection, parent, names, size=3)
        assert set(pages) == {"parents/3", "parents/0"}
        for name, first in pages.items():
            rest = PageQuery(100, first.next_page_token, parent=name)
            others = await list_page(db, collection, rest, within=parent == name)
            own = [thing.name for thing in things if thing.parent == name]
            assert [row.name for row in (*first.items, *others.items)] == own
            assert first.total_size == others.total_size == len(own)
            assert len(first.items) == 3
