"""The tables of the inventory, and what a row of them says."""

from typing import Any

from sqlalchemy import JSON, Column, Integer, MetaData, Row, Table

from mesh.listing import Collection, EnumField, NumberField, TextField, TimestampField
from mesh.store import TEXT, Instant
from services.inventory.reservation import Allocation, Reservation, State
from services.inventory.stock import Stock

metadata = MetaData()

stocks = Table(
    "stocks",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("product", TEXT, nullable=False, index=True),
    Column("location", TEXT, nullable=False),
    Column("on_hand", Integer, nullable=False),
    Column("reserved", Integer, nullable=False),
    Column("create_time", Instant, nullable=False),
    Column("update_time", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("request_id", TEXT, unique=True),
)

reservations = Table(
    "reservations",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("product", TEXT, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("allocations", JSON, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("create_time", Instant, nullable=False),
    Column("expire_time", Instant, nullable=False),
    Column("request_id", TEXT, unique=True),
)

STOCKS = Collection(
    stocks,
    {
        "location": TextField(stocks.c.location),
        "on_hand": NumberField(stocks.c.on_hand),
        "reserved": NumberField(stocks.c.reserved),
        "create_time": TimestampField(stocks.c.create_time),
        "update_time": TimestampField(stocks.c.update_time),
    },
)

RESERVATIONS = Collection(
    reservations,
    {
        "product": TextField(reservations.c.product),
        "state": EnumField(
            reservations.c.state, values={f"STATE_{state.name}": state.value for state in State}
        ),
        "quantity": NumberField(reservations.c.quantity),
        "create_time": TimestampField(reservations.c.create_time),
        "expire_time": TimestampField(reservations.c.expire_time),
    },
)


def stock_row(stock: Stock) -> dict[str, Any]:
    """Returns the columns of a stock."""
    return {
        "name": stock.name,
        "product": stock.product,
        "location": stock.location,
        "on_hand": stock.on_hand,
        "reserved": stock.reserved,
        "create_time": stock.create_time,
        "update_time": stock.update_time,
        "revision": stock.revision,
    }


def stock_of(row: Row[Any]) -> Stock:
    """Returns the stock that a row says."""
    return Stock(
        name=row.name,
        location=row.location,
        on_hand=row.on_hand,
        reserved=row.reserved,
        create_time=row.create_time,
        update_time=row.update_time,
        revision=row.revision,
    )


def reservation_row(reservation: Reservation) -> dict[str, Any]:
    """Returns the columns of a reservation."""
    return {
        "name": reservation.name,
        "product": reservation.product,
        "quantity": reservation.quantity,
        "allocations": [[taken.stock, taken.quantity] for taken in reservation.allocations],
        "state": reservation.state.value,
        "create_time": reservation.create_time,
        "expire_time": reservation.expire_time,
    }


def reservation_of(row: Row[Any]) -> Reservation:
    """Returns the reservation that a row says."""
    return Reservation(
        name=row.name,
        product=row.product,
        quantity=row.quantity,
        allocations=tuple(Allocation(*taken) for taken in row.allocations),
        create_time=row.create_time,
        expire_time=row.expire_time,
        state=State(row.state),
    )
