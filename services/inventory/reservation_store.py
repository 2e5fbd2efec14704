"""Where reservations are kept, together with what they hold of the stocks.

Every transaction here locks the stocks of its product first, by name, and reservations after
them: those of one product take turns, nothing is sold twice, and nobody waits in a circle.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mesh.listing import Page, PageQuery, list_page
from mesh.store import (
    insert_absent,
    reading,
    row_created_by,
    row_named,
    rows_named,
    writing,
)
from services.inventory.reservation import NoSuchReservation, Reservation, State
from services.inventory.stock import Stock
from services.inventory.stock_store import stocks_of_product, write_stock
from services.inventory.tables import RESERVATIONS, reservation_of, reservation_row, reservations

SWEPT_PRODUCTS_MAX = 100


class ReservationStore(Protocol):
    """Keeps reservations, and what they hold."""

    async def reservation(self, name: str) -> Reservation:
        """Returns one reservation; raises NoSuchReservation."""
        ...

    async def reservations(self, names: Sequence[str]) -> list[Reservation]:
        """Returns those that exist, in the order of the names, each once."""
        ...

    async def page(self, query: PageQuery) -> Page[Reservation]:
        """Returns a page of reservations."""
        ...

    async def created_by(self, request_id: str) -> Reservation | None:
        """Returns what an earlier call with this request id reserved."""
        ...

    async def reserve(
        self,
        product: str,
        decide: Callable[[Sequence[Stock]], Reservation],
        now: datetime,
        request_id: str = "",
    ) -> Reservation:
        """Keeps what is decided, within the transaction, upon the product's stocks.

        What has expired is free again by then. A `request_id` that an earlier call had makes it
        return what that one reserved.
        """
        ...

    async def end(self, name: str, state: State, now: datetime) -> Reservation:
        """Commits or releases; raises NoSuchReservation, ReservationEnded."""
        ...

    async def sweep(self, now: datetime) -> list[str]:
        """Gives back what has expired; returns the products of which something has."""
        ...


class SqlReservationStore:
    """A ReservationStore on SQLite or PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def reservation(self, name: str) -> Reservation:
        """Returns one reservation."""
        async with reading(self._engine) as db:
            return await _one(db, name)

    async def reservations(self, names: Sequence[str]) -> list[Reservation]:
        """Returns those that exist, in the order of the names, each once."""
        async with reading(self._engine) as db:
            return [reservation_of(row) for row in await rows_named(db, reservations, names)]

    async def page(self, query: PageQuery) -> Page[Reservation]:
        """Returns a page of reservations."""
        async with reading(self._engine) as db:
            return (await list_page(db, RESERVATIONS, query)).map(reservation_of)

    async def created_by(self, request_id: str) -> Reservation | None:
        """Returns what an earlier call with this request id reserved."""
        async with reading(self._engine) as db:
            row = await row_created_by(db, reservations, request_id)
            return row and reservation_of(row)

    async def reserve(
        self,
        product: str,
        decide: Callable[[Sequence[Stock]], Reservation],
        now: datetime,
        request_id: str = "",
    ) -> Reservation:
        """Keeps what is decided upon the product's stocks, which are locked for it."""
        async with writing(self._engine) as db:
            shelf = await _Shelf.locked(db, product)
            if earlier := await row_created_by(db, reservations, request_id):
                return reservation_of(earlier)
            await shelf.give_back_due(now)
            made = decide(shelf.stocks)
            row = reservation_row(made) | {"request_id": request_id or None}
            if await insert_absent(db, reservations, row):
                await shelf.move(made, Stock.held, now)
                return made
            # A call for another product, whose stocks it locks, came between with this request id.
            earlier = await row_created_by(db, reservations, request_id)
            assert earlier
            return reservation_of(earlier)

    async def end(self, name: str, state: State, now: datetime) -> Reservation:
        """Commits or releases."""
        product = (await self.reservation(name)).product
        async with writing(self._engine) as db:
            shelf = await _Shelf.locked(db, product)
            await shelf.give_back_due(now)
            held = await _one(db, name)
            ended = held.ended(state, now)
            if ended.state is not held.state:
                move = Stock.taken_out if state is State.COMMITTED else Stock.given_back
                await shelf.move(ended, move, now)
                await _write_state(db, ended)
            return ended

    async def sweep(self, now: datetime) -> list[str]:
        """Gives back what has expired, product by product."""
        due = select(reservations.c.product).where(_due(now)).distinct().limit(SWEPT_PRODUCTS_MAX)
        async with reading(self._engine) as db:
            products = list(await db.scalars(due))
        for product in products:
            async with writing(self._engine) as db:
                await (await _Shelf.locked(db, product)).give_back_due(now)
        return products


class _Shelf:
    """The stocks of one product, locked until the transaction ends."""

    def __init__(self, db: AsyncConnection, product: str, stocks: Sequence[Stock]) -> None:
        self._db = db
        self._product = product
        self._stocks = {stock.name: stock for stock in stocks}

    @classmethod
    async def locked(cls, db: AsyncConnection, product: str) -> "_Shelf":
        return cls(db, product, await stocks_of_product(db, product, lock=True))

    @property
    def stocks(self) -> list[Stock]:
        return list(self._stocks.values())

    async def move(
        self,
        reservation: Reservation,
        change: Callable[[Stock, int, datetime], Stock],
        now: datetime,
    ) -> None:
        """Changes each stock by what the reservation takes from it."""
        for taken in reservation.allocations:
            changed = change(self._stocks[taken.stock], taken.quantity, now)
            await write_stock(self._db, changed)
            self._stocks[taken.stock] = changed

    async def give_back_due(self, now: datetime) -> None:
        due = and_(reservations.c.product == self._product, _due(now))
        for row in (await self._db.execute(select(reservations).where(due))).all():
            expired = replace(reservation_of(row), state=State.EXPIRED)
            await self.move(expired, Stock.given_back, now)
            await _write_state(self._db, expired)


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(reservations.c.state == State.HELD.value, reservations.c.expire_time <= now)


async def _write_state(db: AsyncConnection, reservation: Reservation) -> None:
    here = reservations.c.name == reservation.name
    await db.execute(update(reservations).where(here).values(state=reservation.state.value))


async def _one(db: AsyncConnection, name: str) -> Reservation:
    if row := await row_named(db, reservations, name):
        return reservation_of(row)
    raise NoSuchReservation(name)
