"""A stock: how much of one product lies at one location, and what of it is spoken for."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any


class StockError(Exception):
    """What keeps a stock from being read or changed; its argument is a resource name."""


class NoSuchStock(StockError):
    """There is no stock of that name."""


class StockExists(StockError):
    """The product has a stock at the location."""


class StockReserved(StockError):
    """So many of the stock, the second argument, are reserved: neither can it be less, nor end."""


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

    def counted(self, location: str, on_hand: int, now: datetime) -> "Stock":
        """Returns the stock as somebody corrected it; raises StockReserved."""
        if on_hand < self.reserved:
            raise StockReserved(self.name, self.reserved)
        return self._revised(now, location=location, on_hand=on_hand)

    def held(self, quantity: int, now: datetime) -> "Stock":
        """Returns the stock with more of it reserved."""
        return self._revised(now, reserved=self.reserved + quantity)

    def given_back(self, quantity: int, now: datetime) -> "Stock":
        """Returns the stock with less of it reserved."""
        return self._revised(now, reserved=self.reserved - quantity)

    def taken_out(self, quantity: int, now: datetime) -> "Stock":
        """Returns the stock without what was reserved."""
        left, reserved = self.on_hand - quantity, self.reserved - quantity
        return self._revised(now, on_hand=left, reserved=reserved)

    def check_removable(self) -> None:
        """Raises StockReserved while some of it is reserved."""
        if self.reserved:
            raise StockReserved(self.name, self.reserved)

    def _revised(self, now: datetime, **changes: Any) -> "Stock":
        return replace(self, update_time=now, revision=self.revision + 1, **changes)
