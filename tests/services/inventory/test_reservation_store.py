"""One suite for every database that can keep reservations: nothing is ever sold twice."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh.listing import PageQuery
from services.inventory.reservation import (
    NoSuchReservation,
    OutOfStock,
    Reservation,
    ReservationEnded,
    State,
    allocate,
)
from services.inventory.reservation_store import ReservationStore, SqlReservationStore
from services.inventory.stock import Stock
from services.inventory.stock_store import SqlStockStore, StockStore

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TTL = timedelta(minutes=15)
LATER = NOW + TTL
LAMP, VASE = "products/lamp", "products/vase"
_numbers = count(1)


@pytest.fixture
async def stocks(engine: AsyncEngine) -> StockStore:
    """Ten lamps at Lyon and five at Leeds, and one vase."""
    store = SqlStockStore(engine)
    for product, place, on_hand in ((LAMP, "lyon", 10), (LAMP, "leeds", 5), (VASE, "lyon", 1)):
        await store.create(Stock(f"{product}/stocks/{place}", place, NOW, NOW, on_hand))
    return store


@pytest.fixture
def store(engine: AsyncEngine, stocks: StockStore) -> ReservationStore:
    return SqlReservationStore(engine)


def wanted(
    quantity: int, product: str = LAMP, at: datetime = NOW
) -> Callable[[Sequence[Stock]], Reservation]:
    def decide(shelf: Sequence[Stock]) -> Reservation:
        taken = allocate(product, quantity, shelf)
        name = f"reservations/r{next(_numbers)}"
        return Reservation(name, product, quantity, taken, at, at + TTL)

    return decide


async def numbers(stocks: StockStore, product: str = LAMP) -> dict[str, tuple[int, int]]:
    """How many are on hand and reserved, by place."""
    found = await stocks.of_product(product)
    return {stock.location: (stock.on_hand, stock.reserved) for stock in found}


async def test_what_is_reserved_is_spoken_for(store: ReservationStore, stocks: StockStore) -> None:
    made = await store.reserve(LAMP, wanted(12), NOW)
    assert await store.reservation(made.name) == made
    assert await numbers(stocks) == {"lyon": (10, 10), "leeds": (5, 2)}
    with pytest.raises(OutOfStock):
        await store.reserve(LAMP, wanted(4), NOW)
    assert await numbers(stocks) == {"lyon": (10, 10), "leeds": (5, 2)}
    assert (await store.page(PageQuery())).total_size == 1


async def test_a_commit_takes_it_out_once(store: ReservationStore, stocks: StockStore) -> None:
    made = await store.reserve(LAMP, wanted(12), NOW)
    ended = await store.end(made.name, State.COMMITTED, NOW)
    assert ended.state is State.COMMITTED
    assert await store.end(made.name, State.COMMITTED, LATER) == ended
    assert await numbers(stocks) == {"lyon": (0, 0), "leeds": (3, 0)}
    with pytest.raises(ReservationEnded):
        await store.end(made.name, State.RELEASED, NOW)


async def test_a_release_gives_it_back_once(store: ReservationStore, stocks: StockStore) -> None:
    made = await store.reserve(LAMP, wanted(12), NOW)
    ended = await store.end(made.name, State.RELEASED, NOW)
    assert await store.end(made.name, State.RELEASED, NOW) == ended
    assert await numbers(stocks) == {"lyon": (10, 0), "leeds": (5, 0)}
    with pytest.raises(ReservationEnded):
        await store.end(made.name, State.COMMITTED, NOW)


async def test_an_unknown_reservation_is_refused(store: ReservationStore) -> None:
    with pytest.raises(NoSuchReservation):
        await store.reservation("reservations/none")
    with pytest.raises(NoSuchReservation):
        await store.end("reservations/none", State.RELEASED, NOW)


async def test_an_expired_hold_is_free_for_the_next(
    store: ReservationStore, stocks: StockStore
) -> None:
    first = await store.reserve(LAMP, wanted(15), NOW)
    with pytest.raises(OutOfStock):
        await store.reserve(LAMP, wanted(1), LATER - timedelta(seconds=1))
    await store.reserve(LAMP, wanted(14, at=LATER), LATER)
    assert (await store.reservation(first.name)).state is State.EXPIRED
    assert await numbers(stocks) == {"lyon": (10, 10), "leeds": (5, 4)}


async def test_an_expired_hold_cannot_be_committed(store: ReservationStore) -> None:
    made = await store.reserve(LAMP, wanted(1), NOW)
    with pytest.raises(ReservationEnded, match="expired"):
        await store.end(made.name, State.COMMITTED, LATER)


async def test_an_expired_hold_is_released_as_expired(
    store: ReservationStore, stocks: StockStore
) -> None:
    made = await store.reserve(LAMP, wanted(3), NOW)
    assert (await store.end(made.name, State.RELEASED, LATER)).state is State.EXPIRED
    assert await numbers(stocks) == {"lyon": (10, 0), "leeds": (5, 0)}


async def test_a_sweep_gives_back_what_is_due_and_says_of_what(
    store: ReservationStore, stocks: StockStore
) -> None:
    await store.reserve(LAMP, wanted(3), NOW)
    await store.reserve(VASE, wanted(1, VASE, at=LATER), LATER)
    assert await store.sweep(NOW) == []
    assert await store.sweep(LATER) == [LAMP]
    assert await store.sweep(LATER) == []
    assert await numbers(stocks) == {"lyon": (10, 0), "leeds": (5, 0)}
    assert await numbers(stocks, VASE) == {"lyon": (1, 1)}


async def test_one_request_id_for_two_products_at_once_reserves_one(
    store: ReservationStore, stocks: StockStore
) -> None:
    request_id = "6f2c8f4e-7a1d-4b0e-9d55-0f3c5b8f2a10"
    made = await asyncio.gather(
        store.reserve(LAMP, wanted(1), NOW, request_id),
        store.reserve(VASE, wanted(1, VASE), NOW, request_id),
    )
    assert made[0] == made[1]
    held = [*(await numbers(stocks)).values(), *(await numbers(stocks, VASE)).values()]
    assert sum(reserved for _, reserved in held) == 1


async def test_a_repeated_request_id_reserves_once(
    store: ReservationStore, stocks: StockStore
) -> None:
    made = await asyncio.gather(*(store.reserve(LAMP, wanted(2), NOW, "same") for _ in range(6)))
    assert len({one.name for one in made}) == 1
    assert await store.created_by("same") == made[0]
    assert await numbers(stocks) == {"lyon": (10, 2), "leeds": (5, 0)}


async def test_several_and_pages(store: ReservationStore) -> None:
    one = await store.reserve(LAMP, wanted(1), NOW)
    two = await store.reserve(VASE, wanted(1, VASE), NOW)
    await store.end(one.name, State.RELEASED, NOW)
    found = await store.reservations([two.name, "reservations/none", one.name])
    assert [reservation.name for reservation in found] == [two.name, one.name]
    page = await store.page(PageQuery(filter=f'state = STATE_HELD AND product = "{VASE}"'))
    assert page.items == (two,)


@pytest.mark.slow
async def test_fifty_at_once_never_sell_more_than_there_is(
    store: ReservationStore, stocks: StockStore
) -> None:
    calls = (store.reserve(LAMP, wanted(1 + number % 3), NOW) for number in range(50))
    made = await asyncio.gather(*calls, return_exceptions=True)
    sold = [one.quantity for one in made if isinstance(one, Reservation)]
    refused = [one for one in made if isinstance(one, BaseException)]
    assert all(isinstance(one, OutOfStock) for one in refused)
    assert sum(sold) == 15
    assert await numbers(stocks) == {"lyon": (10, 10), "leeds": (5, 5)}


@pytest.mark.slow
async def test_holds_and_ends_at_once_leave_the_books_straight(
    store: ReservationStore, stocks: StockStore
) -> None:
    async def sell_or_give_back(number: int) -> int:
        made = await store.reserve(LAMP, wanted(1), NOW)
        state = State.COMMITTED if number % 2 else State.RELEASED
        ended = await asyncio.gather(*(store.end(made.name, state, NOW) for _ in range(2)))
        assert ended[0] == ended[1]
        return number % 2

    sold = sum(await asyncio.gather(*map(sell_or_give_back, range(14))))
    found = await numbers(stocks)
    assert sold == 7
    assert sum(on_hand for on_hand, _ in found.values()) == 15 - sold
    assert sum(reserved for _, reserved in found.values()) == 0
