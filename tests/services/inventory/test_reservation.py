"""What a reservation takes from where, and how it ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inventory.reservation import (
    Allocation,
    OutOfStock,
    Reservation,
    ReservationEnded,
    State,
    allocate,
)
from services.inventory.stock import Stock, StockReserved

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=20)
LAMP = "products/lamp"


def stock(place: str, on_hand: int, reserved: int = 0) -> Stock:
    return Stock(f"{LAMP}/stocks/{place}", place, NOW, NOW, on_hand, reserved)


def held(state: State = State.HELD) -> Reservation:
    return Reservation("reservations/r", LAMP, 1, (), NOW, NOW + timedelta(minutes=15), state)


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=6), st.integers(1, 150))
def test_it_takes_all_or_nothing_and_never_more_than_there_is(
    shelf: list[tuple[int, int]], quantity: int
) -> None:
    stocks = [
        stock(f"s{n}", on_hand, min(on_hand, reserved))
        for n, (on_hand, reserved) in enumerate(shelf)
    ]
    available = {one.name: one.available for one in stocks}
    if sum(available.values()) < quantity:
        with pytest.raises(OutOfStock):
            allocate(LAMP, quantity, stocks)
        return
    taken = allocate(LAMP, quantity, stocks)
    assert sum(one.quantity for one in taken) == quantity
    assert all(0 < one.quantity <= available[one.stock] for one in taken)
    assert len({one.stock for one in taken}) == len(taken)
    assert len(taken) <= len(allocate(LAMP, sum(available.values()), stocks))


def test_it_takes_from_where_most_is() -> None:
    stocks = [stock("a", 3), stock("b", 9, reserved=8), stock("c", 5)]
    assert allocate(LAMP, 6, stocks) == (
        Allocation(f"{LAMP}/stocks/c", 5),
        Allocation(f"{LAMP}/stocks/a", 1),
    )


@pytest.mark.parametrize("state", [State.COMMITTED, State.RELEASED])
def test_a_held_one_ends_once(state: State) -> None:
    ended = held().ended(state, NOW)
    assert ended.state is state
    assert ended.ended(state, LATER) == ended


@pytest.mark.parametrize(
    ("was", "wanted"),
    [
        (State.COMMITTED, State.RELEASED),
        (State.RELEASED, State.COMMITTED),
        (State.EXPIRED, State.COMMITTED),
    ],
)
def test_it_does_not_end_in_two_ways(was: State, wanted: State) -> None:
    with pytest.raises(ReservationEnded, match=was.value.lower()):
        held(was).ended(wanted, NOW)


def test_what_held_too_long_cannot_be_committed() -> None:
    assert not held().due(NOW)
    assert held().due(LATER)
    with pytest.raises(ReservationEnded, match="expired"):
        held().ended(State.COMMITTED, LATER)


def test_what_expired_may_be_released_and_stays_expired() -> None:
    assert held(State.EXPIRED).ended(State.RELEASED, LATER).state is State.EXPIRED


def test_a_stock_cannot_be_counted_below_what_is_reserved() -> None:
    with pytest.raises(StockReserved):
        stock("a", 5, reserved=3).counted("a", 2, NOW)
    assert stock("a", 5, reserved=3).counted("a", 3, NOW).available == 0
    with pytest.raises(StockReserved):
        stock("a", 5, reserved=3).check_removable()
