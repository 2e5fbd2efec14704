"""The inventory's methods: each turns a message into the domain's words, and the answer back."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

import grpc
from google.protobuf.empty_pb2 import Empty

from mesh import errors
from mesh.clock import utc_now
from mesh.listing import Page, PageQuery, page_size
from mesh.resource import Border, check_etag, etag_of, new_identifier, updated
from mesh.resource.parent import check_children
from services.inventory import reservation as domain
from services.inventory.messages import (
    entry_message,
    reservation_message,
    stock_message,
    stock_of,
)
from services.inventory.reservation import DEFAULT_TTL, Offer, Reservation, State
from services.inventory.reservation_store import ReservationStore
from services.inventory.stock import (
    NoProductForStock,
    NoSuchStock,
    Stock,
    StockExists,
    StockReserved,
)
from services.inventory.stock_store import StockStore
from services.inventory.upstreams import Catalog
from services.inventory.watch import StockWatch, TooManyWatchers, WatchEnded
from shop.inventory.v1 import inventory_pb2, inventory_pb2_grpc

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

BORDER = Border(
    {
        NoSuchStock: (errors.NotFound, "STOCK_NOT_FOUND", "{} does not exist"),
        StockExists: (errors.AlreadyExists, "STOCK_EXISTS", "{} is taken"),
        StockReserved: (
            errors.FailedPrecondition,
            "STOCK_RESERVED",
            "{1} of {0} are reserved: release them first",
        ),
        NoProductForStock: (
            errors.FailedPrecondition,
            "PRODUCT_NOT_FOUND",
            "{} does not exist: create it first",
        ),
        domain.NoSuchReservation: (
            errors.NotFound,
            "RESERVATION_NOT_FOUND",
            "{} does not exist",
        ),
        domain.NoSuchProduct: (errors.NotFound, "PRODUCT_NOT_FOUND", "{} does not exist"),
        domain.NotForSale: (errors.FailedPrecondition, "NOT_FOR_SALE", "{} is not for sale"),
        domain.OutOfStock: (
            errors.FailedPrecondition,
            "OUT_OF_STOCK",
            "of {0} only {1} are available",
        ),
        domain.ReservationEnded: (
            errors.FailedPrecondition,
            "RESERVATION_ENDED",
            "{0} is {1} already",
        ),
        TooManyWatchers: (
            errors.ResourceExhausted,
            "TOO_MANY_WATCHERS",
            "{} cannot be watched: there are too many watchers already",
        ),
        WatchEnded: (errors.Unavailable, "DRAINING", "the watch of {} ends here: watch again"),
    }
)


class InventoryServicer(inventory_pb2_grpc.InventoryServiceServicer):
    """Serves shop.inventory.v1.InventoryService from two stores. Messages were validated before."""

    def __init__(
        self,
        stocks: StockStore,
        reservations: ReservationStore,
        watch: StockWatch,
        catalog: Catalog,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._stocks = stocks
        self._reservations = reservations
        self._watch = watch
        self._catalog = catalog
        self._now = now

    async def GetStock(
        self, request: inventory_pb2.GetStockRequest, context: Context
    ) -> inventory_pb2.Stock:
        with BORDER.crossed():
            return stock_message(await self._stocks.stock(request.name))

    async def ListStocks(
        self, request: inventory_pb2.ListStocksRequest, context: Context
    ) -> inventory_pb2.ListStocksResponse:
        page = await self._stocks.page(PageQuery.of(request, request.parent))
        return inventory_pb2.ListStocksResponse(
            stocks=map(stock_message, page.items),
            next_page_token=page.next_page_token,
            total_size=page.total_size,
        )

    async def BatchGetStocks(
        self, request: inventory_pb2.BatchGetStocksRequest, context: Context
    ) -> inventory_pb2.BatchGetStocksResponse:
        check_children(request.parent, request.names)
        found = await self._stocks.stocks(request.names)
        return inventory_pb2.BatchGetStocksResponse(stocks=map(stock_message, found))

    async def BatchListStocks(
        self, request: inventory_pb2.BatchListStocksRequest, context: Context
    ) -> inventory_pb2.BatchListStocksResponse:
        pages = await self._stocks.first_pages(request.products, page_size(request.page_size))
        nothing: Page[Stock] = Page(())
        return inventory_pb2.BatchListStocksResponse(
            entries=[entry_message(name, pages.get(name, nothing)) for name in request.products]
        )

    async def CreateStock(
        self, request: inventory_pb2.CreateStockRequest, context: Context
    ) -> inventory_pb2.Stock:
        if earlier := await self._stocks.created_by(request.request_id):
            return stock_message(earlier)
        now = self._now()
        stock = replace(
            stock_of(request.stock),
            name=f"{request.parent}/stocks/{request.stock_id}",
            create_time=now,
            update_time=now,
        )
        with BORDER.crossed():
            if await self._catalog.offer(request.parent) is Offer.UNKNOWN:
                raise NoProductForStock(request.parent)
            created = await self._stocks.create(stock, request.request_id)
        self._watch.changed(created.product)
        return stock_message(created)

    async def UpdateStock(
        self, request: inventory_pb2.UpdateStockRequest, context: Context
    ) -> inventory_pb2.Stock:
        def change(current: Stock) -> Stock:
            message = stock_message(current)
            check_etag(request.stock.etag, message.etag)
            wanted = updated(message, request.stock, request.update_mask, at="stock")
            return current.counted(wanted.location, wanted.on_hand, self._now())

        with BORDER.crossed():
            changed = await self._stocks.change(request.stock.name, change)
        self._watch.changed(changed.product)
        return stock_message(changed)

    async def DeleteStock(
        self, request: inventory_pb2.DeleteStockRequest, context: Context
    ) -> Empty:
        def check(current: Stock) -> None:
            check_etag(request.etag, etag_of(current.create_time, current.revision))
            current.check_removable()

        with BORDER.crossed():
            await self._stocks.delete(request.name, check)
        return Empty()

    async def WatchStock(
        self, request: inventory_pb2.WatchStockRequest, context: Context
    ) -> AsyncIterator[inventory_pb2.Stock]:
        with BORDER.crossed():
            async with aclosing(self._watch.watch(request.parent)) as stocks:
                async for stock in stocks:
                    yield stock_message(stock)

    async def ReserveStock(
        self, request: inventory_pb2.ReserveStockRequest, context: Context
    ) -> inventory_pb2.Reservation:
        if earlier := await self._reservations.created_by(request.request_id):
            return reservation_message(earlier)
        now = self._now()
        ttl = request.ttl.ToTimedelta() if request.HasField("ttl") else DEFAULT_TTL

        def decide(stocks: Sequence[Stock]) -> Reservation:
            return Reservation(
                name=f"reservations/{new_identifier()}",
                product=request.product,
                quantity=request.quantity,
                allocations=domain.allocate(request.product, request.quantity, stocks),
                create_time=now,
                expire_time=now + ttl,
            )

        with BORDER.crossed():
            domain.check_offer(request.product, await self._catalog.offer(request.product))
            made = await self._reservations.reserve(
                request.product, decide, now, request.request_id
            )
        self._watch.changed(made.product)
        return reservation_message(made)

    async def CommitReservation(
        self, request: inventory_pb2.CommitReservationRequest, context: Context
    ) -> inventory_pb2.Reservation:
        return await self._ended(request.name, State.COMMITTED)

    async def ReleaseReservation(
        self, request: inventory_pb2.ReleaseReservationRequest, context: Context
    ) -> inventory_pb2.Reservation:
        return await self._ended(request.name, State.RELEASED)

    async def _ended(self, name: str, state: State) -> inventory_pb2.Reservation:
        with BORDER.crossed():
            ended = await self._reservations.end(name, state, self._now())
        self._watch.changed(ended.product)
        return reservation_message(ended)

    async def GetReservation(
        self, request: inventory_pb2.GetReservationRequest, context: Context
    ) -> inventory_pb2.Reservation:
        with BORDER.crossed():
            return reservation_message(await self._reservations.reservation(request.name))

    async def ListReservations(
        self, request: inventory_pb2.ListReservationsRequest, context: Context
    ) -> inventory_pb2.ListReservationsResponse:
        page = await self._reservations.page(PageQuery.of(request))
        return inventory_pb2.ListReservationsResponse(
            reservations=map(reservation_message, page.items),
            next_page_token=page.next_page_token,
            total_size=page.total_size,
        )

    async def BatchGetReservations(
        self, request: inventory_pb2.BatchGetReservationsRequest, context: Context
    ) -> inventory_pb2.BatchGetReservationsResponse:
        found = await self._reservations.reservations(request.names)
        return inventory_pb2.BatchGetReservationsResponse(
            reservations=map(reservation_message, found)
        )
