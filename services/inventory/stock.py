"""A stock: how much of one product lies at one location, and what of it is spoken for."""

from dataclasses import dataclass, replace
from datetime import datetime


class StockError(Exception):
    """What keeps a stock from being read or changed; its argument is a resource name."""


class NoSuchStock(StockError):
    """There is no stock of that name."""


class StockExists(StockError):
    """The product has a stock at the location."""


class StockReserved(StockError):
    """Some of the stock is reserved: it cannot shrink below that, nor end."""


class NoProductForStock(StockError):
    """The product that would lie there does not exist."""


@dataclass(frozen=True, slots=True)
class Stock:
    """How much of one product lies at one location. `revision` counts its changes, from 1."""

    name: str
    location: str
    create_time: datetime
    update_time: datetime
    on_hand: int = 0
    reserved: int = 0
    revision: int = 1

    @property
    def product(self) -> str:
        """The name of the product."""
        return self.name.partition("/stocks/")[0]

    @property
    def available(self) -> int:
        """How many can be reserved."""
        return self.on_hand - self.reserved

    def revised(self, now: datetime) -> "Stock":
        """Returns the stock as changed at `now`."""
        return replace(self, update_time=now, revision=self.revision + 1)
