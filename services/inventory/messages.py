"""Stocks and reservations as messages of the contract, and back."""

from datetime import UTC

from mesh.listing import Page
from mesh.resource import etag_of
from services.inventory.reservation import Reservation
from services.inventory.stock import Stock
from shop.inventory.v1 import inventory_pb2


def stock_message(stock: Stock) -> inventory_pb2.Stock:
    """Returns a stock as its message."""
    return inventory_pb2.Stock(
        name=stock.name,
        product=stock.product,
        location=stock.location,
        on_hand=stock.on_hand,
        reserved=stock.reserved,
        available=stock.available,
        create_time=stock.create_time,
        update_time=stock.update_time,
        etag=etag_of(stock.create_time, stock.revision),
    )


def stock_of(message: inventory_pb2.Stock) -> Stock:
    """Returns the stock that a message says, at its first revision, with nothing reserved."""
    return Stock(
        name=message.name,
        location=message.location,
        on_hand=message.on_hand,
        create_time=message.create_time.ToDatetime(UTC),
        update_time=message.update_time.ToDatetime(UTC),
    )


def entry_message(product: str, page: Page[Stock]) -> inventory_pb2.BatchListStocksResponse.Entry:
    """Returns the first page of a product's stocks as its message."""
    return inventory_pb2.BatchListStocksResponse.Entry(
        product=product,
        stocks=map(stock_message, page.items),
        next_page_token=page.next_page_token,
        total_size=page.total_size,
    )


def reservation_message(reservation: Reservation) -> inventory_pb2.Reservation:
    """Returns a reservation as its message."""
    return inventory_pb2.Reservation(
        name=reservation.name,
        product=reservation.product,
        quantity=reservation.quantity,
        allocations=[
            inventory_pb2.Reservation.Allocation(stock=taken.stock, quantity=taken.quantity)
            for taken in reservation.allocations
        ],
        state=f"STATE_{reservation.state.name}",
        create_time=reservation.create_time,
        expire_time=reservation.expire_time,
    )
