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
    """Less of the product, its first argument, is available, its second, than is asked for."""


class ReservationEnded(ReservationError):
    """The reservation, its first argument, has ended in another way, its second."""


class Offer(Enum):
    """What the catalog says of a product."""

    UNKNOWN = "unknown"
    NOT_FOR_SALE = "not for sale"
    FOR_SALE = "for sale"


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
    """An amount of a product that is spoken for, at the longest until `expire_time`."""

    name: str
    product: str
    quantity: int
    allocations: tuple[Allocation, ...]
    create_time: datetime
    expire_time: datetime
    state: State = State.HELD

    def due(self, now: datetime) -> bool:
        """True for one that has held too long."""
        return self.state is State.HELD and self.expire_time <= now

    def ended(self, state: State, now: datetime) -> "Reservation":
        """Returns the reservation as committed or released; itself where it was so before.

        What has expired may be released, and stays expired: there is nothing left to give back.

        Raises:
            ReservationEnded: it has ended in another way.
        """
        reached = State.EXPIRED if self.due(now) else self.state
        if reached is State.HELD or (reached, state) == (State.EXPIRED, State.RELEASED):
            return replace(self, state=state if reached is State.HELD else State.EXPIRED)
        if reached is not state:
            raise ReservationEnded(self.name, reached.value.lower())
        return self


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


def check_offer(product: str, offer: Offer) -> None:
    """Raises NoSuchProduct, or NotForSale, unless the product may be reserved."""
    if offer is Offer.UNKNOWN:
        raise NoSuchProduct(product)
    if offer is Offer.NOT_FOR_SALE:
        raise NotForSale(product)
