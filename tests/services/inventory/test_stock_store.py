"""One suite for every database that can keep stocks."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh.listing import PageQuery
from services.inventory.stock import NoSuchStock, Stock, StockExists, StockReserved
from services.inventory.stock_store import SqlStockStore, StockStore

NOW = datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
LAMP, VASE = "products/lamp", "products/vase"


def stock(place: str, on_hand: int = 5, product: str = LAMP, reserved: int = 0) -> Stock:
    return Stock(
        f"{product}/stocks/{place.lower()}", place, NOW, NOW, on_hand=on_hand, reserved=reserved
    )


LYON, LEEDS, AUSTIN = stock("Lyon", 3), stock("Leeds", 7), stock("Austin", 1)


@pytest.fixture
def store(engine: AsyncEngine) -> StockStore:
    return SqlStockStore(engine)


async def test_a_stock_comes_back_as_it_was_kept(store: StockStore) -> None:
    assert await store.create(LYON) == LYON
    assert await store.stock(LYON.name) == LYON
    with pytest.raises(NoSuchStock):
        await store.stock(LEEDS.name)


async def test_a_taken_name_is_refused(store: StockStore) -> None:
    await store.create(LYON, "one")
    with pytest.raises(StockExists):
        await store.create(replace(LYON, on_hand=99), "two")
    assert (await store.stock(LYON.name)).on_hand == 3


async def test_a_repeated_request_id_creates_once(store: StockStore) -> None:
    await store.create(LYON, "one")
    assert await store.create(LEEDS, "one") == LYON == await store.created_by("one")
    assert await store.created_by("") is None


async def test_several_come_in_the_order_of_their_names(store: StockStore) -> None:
    for one in (LYON, LEEDS, AUSTIN):
        await store.create(one)
    asked = [LYON.name, VASE + "/stocks/lyon", AUSTIN.name, LYON.name]
    assert await store.stocks(asked) == [LYON, AUSTIN]


async def test_pages_are_by_name_and_can_be_filtered(store: StockStore) -> None:
    for one in (LYON, LEEDS, AUSTIN, stock("Lyon", product=VASE)):
        await store.create(one)
    first = await store.page(PageQuery(parent=LAMP, page_size=2))
    assert first.items == (AUSTIN, LEEDS)
    assert first.total_size == 3
    rest = await store.page(PageQuery(parent=LAMP, page_token=first.next_page_token))
    assert rest.items == (LYON,)
    rich = await store.page(PageQuery(parent="products/-", filter="on_hand > 2"))
    assert [one.on_hand for one in rich.items] == [7, 3, 5]


async def test_r5_first_pages_go_on_in_the_list(store: StockStore) -> None:
    for one in (LYON, LEEDS, AUSTIN, stock("Lyon", product=VASE)):
        await store.create(one)
    pages = await store.first_pages([VASE, LAMP, "products/none"], 2)
    assert set(pages) == {LAMP, VASE}
    assert pages[LAMP].items == (AUSTIN, LEEDS)
    assert (pages[LAMP].total_size, pages[VASE].next_page_token) == (3, "")
    rest = await store.page(PageQuery(parent=LAMP, page_token=pages[LAMP].next_page_token))
    assert rest.items == (LYON,)


async def test_revisions_tell_of_changes(store: StockStore) -> None:
    await store.create(LYON)
    assert await store.revisions([LAMP, VASE]) == {LAMP: {LYON.name: 1}, VASE: {}}
    await store.change(LYON.name, lambda one: one.counted("Lyon", 8, LATER))
    assert await store.revisions({LAMP}) == {LAMP: {LYON.name: 2}}
    assert [one.on_hand for one in await store.of_product(LAMP)] == [8]


async def test_a_refused_change_changes_nothing(store: StockStore) -> None:
    await store.create(stock("Lyon", 3, reserved=2))
    with pytest.raises(StockReserved):
        await store.change(LYON.name, lambda one: one.counted("Lyon", 1, LATER))
    assert (await store.stock(LYON.name)).on_hand == 3
    with pytest.raises(NoSuchStock):
        await store.change(LEEDS.name, lambda one: one)


async def test_changes_at_once_are_all_kept(store: StockStore) -> None:
    await store.create(LYON)
    changes = (
        store.change(LYON.name, lambda one: one.counted("Lyon", one.on_hand + 1, LATER))
        for _ in range(10)
    )
    await asyncio.gather(*changes)
    assert (await store.stock(LYON.name)).on_hand == 13


async def test_a_stock_is_deleted_unless_the_check_refuses(store: StockStore) -> None:
    await store.create(LYON)
    await store.create(stock("Leeds", 3, reserved=2))
    await store.delete(LYON.name, Stock.check_removable)
    with pytest.raises(NoSuchStock):
        await store.delete(LYON.name, Stock.check_removable)
    with pytest.raises(StockReserved):
        await store.delete(LEEDS.name, Stock.check_removable)
    assert [one.name for one in await store.of_product(LAMP)] == [LEEDS.name]


async def test_examples_fill_an_empty_store_only(store: StockStore) -> None:
    assert await store.fill(lambda: [LYON, LEEDS])
    assert not await store.fill(lambda: [AUSTIN])
    assert await store.of_product(LAMP) == [LEEDS, LYON]


async def test_replicas_that_start_at_once_fill_it_once(store: StockStore) -> None:
    filled = await asyncio.gather(*(store.fill(lambda: [LYON, LEEDS]) for _ in range(4)))
    assert sorted(filled) == [False, False, False, True]
