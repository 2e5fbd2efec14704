"""A reservation: an amount of a product that is spoken for, and where it is taken from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from services.inventory.stock import Stock

DEFAULT_TTL = timedelta(minutes=15)


class ReservationError(Exception):
    """What keeps a reservation from being made or ended; its argument is a resource name."""


class NoSuchReservation(ReservationError):
    """There is no reservation of that name."""


class NoSuchProduct(ReservationError):
    """The product to be reserved does not exist."""


class NotForSale(ReservationError):
    """The product to be reserved is a draft, or archived."""


class OutOfStock(ReservationError):
    """Less of the product is available than is asked for."""

    def __init__(self, product: str, available: int) -> None:
        super().__init__(product)
        self.available = available


class ReservationEnded(ReservationError):
    """The reservation has ended in another way."""

    def __init__(self, name: str, state: "State") -> None:
        super().__init__(name)
        self.state = state


class State(Enum):
    """Where a reservation is in its life: held, and from there to one of the other three."""

    HELD = "HELD"
    COMMITTED = "COMMITTED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Allocation:
    """How much of a reservation is taken from one stock."""

    stock: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """An amount of a product that is spoken for until `expire_time`."""

    name: str
    product: str
    quantity: int
    allocations: tuple[Allocation, ...]
    create_time: datetime
    expire_time: datetime
    state: State = State.HELD

    def ended(self, state: State) -> "Reservation":
        """Returns the reservation as it ended."""
        return replace(self, state=state)

    def expired(self, now: datetime) -> bool:
        """True for one that has held too long, whether or not that is written down yet."""
        return self.state is State.HELD and self.expire_time <= now

    def may_become(self, state: State, now: datetime) -> bool:
        """Says whether there is anything to do to end it so: False where it has ended so.

        Raises:
            ReservationEnded: it has ended in another way. To give back what has expired is no
                error: there is nothing left to give.
        """
        reached = State.EXPIRED if self.expired(now) else self.state
        if reached is State.HELD:
            return True
        if reached is not state and (reached, state) != (State.EXPIRED, State.RELEASED):
            raise ReservationEnded(self.name, reached)
        return False


def allocate(product: str, quantity: int, stocks: Sequence[Stock]) -> tuple[Allocation, ...]:
    """Returns what to take from which stock: from those with most first, all or nothing.

    Raises:
        OutOfStock: there is not enough in all of them together.
    """
    missing = quantity
    allocations = []
    for stock in sorted(stocks, key=lambda stock: (-stock.available, stock.name)):
        taken = min(missing, stock.available)
        if taken > 0:
            allocations.append(Allocation(stock.name, taken))
            missing -= taken
    if missing:
        raise OutOfStock(product, quantity - missing)
    return tuple(allocations)
