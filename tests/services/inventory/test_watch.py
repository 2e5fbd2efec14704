"""Watching stocks, on a shelf in memory."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.inventory.stock import Stock
from services.inventory.watch import StockWatch, TooManyWatchers, WatchEnded

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LAMP, VASE = "products/lamp", "products/vase"
LYON = Stock(f"{LAMP}/stocks/lyon", "Lyon", NOW, NOW, 5)
LEEDS = Stock(f"{LAMP}/stocks/leeds", "Leeds", NOW, NOW, 7)


class Shelves:
    """Some stocks, and how often somebody looked at them."""

    def __init__(self, *stocks: Stock) -> None:
        self.stocks = {stock.name: stock for stock in stocks}
        self.polls: list[list[str]] = []

    def put(self, stock: Stock) -> None:
        self.stocks[stock.name] = stock

    async def of_product(self, product: str) -> list[Stock]:
        return [stock for stock in self.stocks.values() if stock.product == product]

    async def revisions(self, products: Collection[str]) -> dict[str, dict[str, int]]:
        self.polls.append(list(products))
        return {
            product: {s.name: s.revision for s in self.stocks.values() if s.product == product}
            for product in products
        }


@pytest.fixture
def shelves() -> Shelves:
    return Shelves(LYON, LEEDS)


@pytest.fixture
def watch(shelves: Shelves) -> StockWatch:
    return StockWatch(shelves, watchers_max=2)


async def test_it_starts_with_what_is(watch: StockWatch) -> None:
    seen = watch.watch(LAMP)
    assert [await anext(seen), await anext(seen)] == [LYON, LEEDS]
    await seen.aclose()


async def test_a_change_is_seen_once_it_is_told(watch: StockWatch, shelves: Shelves) -> None:
    seen = watch.watch(LAMP)
    await anext(seen), await anext(seen)
    changed = LEEDS.held(2, NOW)
    shelves.put(changed)
    watch.changed(LAMP)
    assert await anext(seen) == changed
    await seen.aclose()


async def test_a_change_between_reading_and_waiting_is_not_missed(
    watch: StockWatch, shelves: Shelves
) -> None:
    seen = watch.watch(LAMP)
    await anext(seen)  # the second of the first reading is still to come
    changed = LYON.held(1, NOW)
    shelves.put(changed)
    watch.changed(LAMP)
    assert [await anext(seen), await anext(seen)] == [LEEDS, changed]
    await seen.aclose()


async def test_a_change_of_another_process_is_found_by_polling(
    watch: StockWatch, shelves: Shelves
) -> None:
    seen = watch.watch(LAMP)
    await anext(seen), await anext(seen)
    await watch.poll()
    shelves.put(LYON.held(1, NOW))
    following = asyncio.ensure_future(anext(seen))
    await watch.poll()
    assert (await following).reserved == 1
    await seen.aclose()


async def test_a_poll_asks_once_for_all_that_is_watched(
    watch: StockWatch, shelves: Shelves
) -> None:
    await watch.poll()
    assert shelves.polls == []
    one, two = watch.watch(LAMP), watch.watch(LAMP)
    await anext(one), await anext(two)
    await watch.poll()
    assert shelves.polls == [[LAMP]]
    await one.aclose()
    await two.aclose()


async def test_a_poll_without_change_sends_nothing(watch: StockWatch) -> None:
    seen = watch.watch(LAMP)
    await anext(seen), await anext(seen)
    following = asyncio.ensure_future(anext(seen))
    for _ in range(3):
        await watch.poll()
        await asyncio.sleep(0)
    assert not following.done()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_a_slow_watcher_gets_the_latest_and_no_queue(
    watch: StockWatch, shelves: Shelves
) -> None:
    seen = watch.watch(LAMP)
    await anext(seen), await anext(seen)
    for on_hand in range(100):
        shelves.put(replace(LYON, on_hand=on_hand, revision=2 + on_hand))
        watch.changed(LAMP)
    assert (await anext(seen)).on_hand == 99
    await seen.aclose()


async def test_a_stock_that_comes_again_is_seen_again(watch: StockWatch, shelves: Shelves) -> None:
    seen = watch.watch(LAMP)
    await anext(seen), await anext(seen)
    again = replace(LYON, create_time=NOW + timedelta(hours=1))
    shelves.put(again)
    watch.changed(LAMP)
    assert await anext(seen) == again
    await seen.aclose()


async def test_watchers_are_bounded_and_leave_their_place(watch: StockWatch) -> None:
    one, two = watch.watch(LAMP), watch.watch(VASE)
    await anext(one)
    waiting = asyncio.ensure_future(anext(two))
    await asyncio.sleep(0)
    assert watch.watchers == 2
    with pytest.raises(TooManyWatchers):
        await anext(watch.watch(LAMP))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert watch.watchers == 1
    await one.aclose()
    assert watch.watchers == 0


async def test_every_watch_ends_when_the_process_stops(watch: StockWatch) -> None:
    stopping = asyncio.Event()
    ending = asyncio.ensure_future(watch.end_with(stopping))
    seen = watch.watch(LAMP)
    await anext(seen), await anext(seen)
    following = asyncio.ensure_future(anext(seen))
    await asyncio.sleep(0)
    stopping.set()
    with pytest.raises(WatchEnded):
        await following
    await ending
    assert watch.watchers == 0
    with pytest.raises(WatchEnded):
        await anext(watch.watch(LAMP))
