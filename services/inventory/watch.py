"""Watching stocks: each watcher sees what is, then every change, whoever made it.

A change made by this process wakes its watchers at once. Those of other replicas are found by
`poll`: one statement for all products that are watched. A watcher that is slow misses steps in
between, never the latest state, so nothing is queued for it.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from services.inventory.stock import Stock

WATCHERS_MAX = 1000
POLL_SECONDS = 0.5


class WatchError(Exception):
    """What keeps a product's stocks from being watched; its argument is the product's name."""


class TooManyWatchers(WatchError):
    """The process has as many watchers as it takes."""


class WatchEnded(WatchError):
    """The process ends."""


class Shelves(Protocol):
    """Where a watch looks."""

    async def of_product(self, product: str) -> list[Stock]:
        """Returns all stocks of a product."""
        ...

    async def revisions(self, products: Collection[str]) -> Mapping[str, Mapping[str, int]]:
        """Returns the revisions of all stocks of the products, by product and by stock."""
        ...


class StockWatch:
    """Tells watchers of a product what becomes of its stocks."""

    def __init__(self, shelves: Shelves, *, watchers_max: int = WATCHERS_MAX) -> None:
        self._shelves = shelves
        self._watchers_max = watchers_max
        self._watchers: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._known: Mapping[str, Mapping[str, int]] = {}
        self._ended = False

    @property
    def watchers(self) -> int:
        """How many watch."""
        return sum(map(len, self._watchers.values()))

    async def watch(self, product: str) -> AsyncGenerator[Stock, None]:
        """Yields the stocks of a product, then each one again whenever it has changed.

        Raises:
            TooManyWatchers: before the first stock.
            WatchEnded: whenever this process ends.
        """
        with self._watching(product) as woken:
            seen: dict[str, tuple[datetime, int]] = {}
            while not self._ended:
                woken.clear()
                stocks = await self._shelves.of_product(product)
                for stock in stocks:
                    if seen.get(stock.name) != _version(stock):
                        yield stock
                seen = {stock.name: _version(stock) for stock in stocks}
                await woken.wait()
            raise WatchEnded(product)

    def changed(self, product: str) -> None:
        """Wakes those who watch the product."""
        for woken in self._watchers.get(product, ()):
            woken.set()

    async def poll(self) -> None:
        """Wakes those whose product has changed since the last time."""
        if not self._watchers:
            return
        found = await self._shelves.revisions(list(self._watchers))
        for product, revisions in found.items():
            if revisions != self._known.get(product):
                self.changed(product)
        self._known = found

    async def end_with(self, stopping: asyncio.Event) -> None:
        """Ends every watch once the process stops."""
        await stopping.wait()
        self._ended = True
        for product in list(self._watchers):
            self.changed(product)

    @contextmanager
    def _watching(self, product: str) -> Iterator[asyncio.Event]:
        if self.watchers >= self._watchers_max:
            raise TooManyWatchers(product)
        woken = asyncio.Event()
        self._watchers[product].add(woken)
        try:
            yield woken
        finally:
            self._watchers[product].discard(woken)
            if not self._watchers[product]:
                del self._watchers[product]


def _version(stock: Stock) -> tuple[datetime, int]:
    """Tells a stock from an earlier one of the same name as well."""
    return stock.create_time, stock.revision
