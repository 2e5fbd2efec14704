"""The inventory's methods, over a real server, with a fake catalog."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh import errors
from mesh.process import Servicer
from mesh.testing import serve
from services.inventory.reservation import Offer
from services.inventory.reservation_store import SqlReservationStore
from services.inventory.servicer import InventoryServicer
from services.inventory.stock_store import SqlStockStore
from services.inventory.sweep import Sweep
from services.inventory.watch import StockWatch
from shop.inventory.v1 import inventory_pb2 as pb
from shop.inventory.v1 import inventory_pb2_grpc
from tests.services.inventory.fakes import FakeCatalog

LAMP, VASE, DRAFT = "products/lamp", "products/vase", "products/draft"
Stub = inventory_pb2_grpc.InventoryServiceStub
State = pb.Reservation.State


class Clock:
    """A clock that stands until it is put forward."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **length: float) -> None:
        self.now += timedelta(**length)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog() -> FakeCatalog:
    return FakeCatalog({LAMP: Offer.FOR_SALE, VASE: Offer.FOR_SALE, DRAFT: Offer.NOT_FOR_SALE})


@pytest.fixture
def watch(memory_engine: AsyncEngine) -> StockWatch:
    return StockWatch(SqlStockStore(memory_engine), watchers_max=2)


@pytest.fixture
async def stub(
    memory_engine: AsyncEngine, watch: StockWatch, catalog: FakeCatalog, clock: Clock
) -> AsyncIterator[Stub]:
    stocks, reservations = SqlStockStore(memory_engine), SqlReservationStore(memory_engine)
    servicer = Servicer(
        pb.DESCRIPTOR.services_by_name["InventoryService"],
        inventory_pb2_grpc.add_InventoryServiceServicer_to_server,
        InventoryServicer(stocks, reservations, watch, catalog, clock),
    )
    async with serve([servicer]) as channel:
        yield Stub(channel)


async def create(
    stub: Stub, place: str, on_hand: int = 5, parent: str = LAMP, request_id: str = ""
) -> pb.Stock:
    stock = pb.Stock(location=place, on_hand=on_hand)
    request = pb.CreateStockRequest(
        parent=parent, stock=stock, stock_id=place.lower(), request_id=request_id
    )
    created: pb.Stock = await stub.CreateStock(request)
    return created


async def reserve(
    stub: Stub, quantity: int, product: str = LAMP, request_id: str = "", ttl: int = 0
) -> pb.Reservation:
    request = pb.ReserveStockRequest(product=product, quantity=quantity, request_id=request_id)
    if ttl:
        request.ttl.CopyFrom(Duration(seconds=ttl))
    made: pb.Reservation = await stub.ReserveStock(request)
    return made


async def get(stub: Stub, place: str) -> pb.Stock:
    found: pb.Stock = await stub.GetStock(pb.GetStockRequest(name=f"{LAMP}/stocks/{place}"))
    return found


async def test_a_created_stock_can_be_read(stub: Stub) -> None:
    created = await create(stub, "Lyon", 4)
    assert created.name == "products/lamp/stocks/lyon"
    assert (created.product, created.location) == (LAMP, "Lyon")
    assert (created.on_hand, created.reserved, created.available) == (4, 0, 4)
    assert await get(stub, "lyon") == created


async def test_a_stock_needs_a_product_that_exists(stub: Stub) -> None:
    with pytest.raises(errors.FailedPrecondition, match="products/none does not exist"):
        await create(stub, "Lyon", parent="products/none")
    await create(stub, "Lyon", parent=DRAFT)


async def test_a_taken_place_is_refused_and_a_repeat_is_not(stub: Stub) -> None:
    request_id = str(uuid.uuid4())
    created = await create(stub, "Lyon", request_id=request_id)
    assert await create(stub, "Lyon", request_id=request_id) == created
    with pytest.raises(errors.AlreadyExists):
        await create(stub, "Lyon")


async def test_lists_read_one_product_or_all(stub: Stub) -> None:
    for place, parent in (("Lyon", LAMP), ("Leeds", LAMP), ("Lyon", VASE)):
        await create(stub, place, parent=parent)
    of_lamp = await stub.ListStocks(pb.ListStocksRequest(parent=LAMP))
    assert [stock.location for stock in of_lamp.stocks] == ["Leeds", "Lyon"]
    of_all = await stub.ListStocks(pb.ListStocksRequest(parent="products/-", page_size=2))
    assert (of_all.total_size, len(of_all.stocks)) == (3, 2)
    assert of_all.next_page_token


async def test_r5_batch_list_has_an_entry_for_each_product_asked_for(stub: Stub) -> None:
    for place in ("Lyon", "Leeds", "Austin"):
        await create(stub, place)
    answer = await stub.BatchListStocks(
        pb.BatchListStocksRequest(products=[VASE, LAMP], page_size=2)
    )
    assert [entry.product for entry in answer.entries] == [VASE, LAMP]
    assert [len(entry.stocks) for entry in answer.entries] == [0, 2]
    token = answer.entries[1].next_page_token
    rest = await stub.ListStocks(pb.ListStocksRequest(parent=LAMP, page_token=token))
    assert [stock.location for stock in rest.stocks] == ["Lyon"]


async def test_batch_get_leaves_out_what_does_not_exist(stub: Stub) -> None:
    lyon, leeds = await create(stub, "Lyon"), await create(stub, "Leeds")
    asked = [lyon.name, f"{LAMP}/stocks/none", leeds.name]
    answer = await stub.BatchGetStocks(pb.BatchGetStocksRequest(parent=LAMP, names=asked))
    assert list(answer.stocks) == [lyon, leeds]
    with pytest.raises(errors.InvalidArgument):
        await stub.BatchGetStocks(pb.BatchGetStocksRequest(parent=VASE, names=asked))


async def test_an_update_counts_anew_but_never_below_what_is_reserved(stub: Stub) -> None:
    created = await create(stub, "Lyon", 5)
    await reserve(stub, 3)
    update = pb.UpdateStockRequest(
        stock=pb.Stock(name=created.name, on_hand=2), update_mask=FieldMask(paths=["on_hand"])
    )
    with pytest.raises(errors.FailedPrecondition, match="3 of products/lamp/stocks/lyon"):
        await stub.UpdateStock(update)
    update.stock.on_hand = 9
    changed = await stub.UpdateStock(update)
    assert (changed.on_hand, changed.reserved, changed.available) == (9, 3, 6)


async def test_r12_an_old_etag_changes_and_deletes_nothing(stub: Stub) -> None:
    created = await create(stub, "Lyon", 5)
    await reserve(stub, 1)
    with pytest.raises(errors.Aborted):
        await stub.UpdateStock(
            pb.UpdateStockRequest(stock=pb.Stock(name=created.name, on_hand=7, etag=created.etag))
        )
    with pytest.raises(errors.Aborted):
        await stub.DeleteStock(pb.DeleteStockRequest(name=created.name, etag=created.etag))
    assert (await get(stub, "lyon")).on_hand == 5


async def test_a_stock_is_deleted_unless_some_of_it_is_reserved(stub: Stub) -> None:
    created = await create(stub, "Lyon", 5)
    made = await reserve(stub, 1)
    with pytest.raises(errors.FailedPrecondition):
        await stub.DeleteStock(pb.DeleteStockRequest(name=created.name))
    await stub.ReleaseReservation(pb.ReleaseReservationRequest(name=made.name))
    await stub.DeleteStock(pb.DeleteStockRequest(name=created.name))
    with pytest.raises(errors.NotFound):
        await get(stub, "lyon")


async def test_a_reservation_takes_from_where_most_is(stub: Stub, clock: Clock) -> None:
    await create(stub, "Lyon", 3)
    await create(stub, "Leeds", 8)
    made = await reserve(stub, 10)
    assert [(taken.stock, taken.quantity) for taken in made.allocations] == [
        ("products/lamp/stocks/leeds", 8),
        ("products/lamp/stocks/lyon", 2),
    ]
    assert (made.product, made.quantity, made.state) == (LAMP, 10, State.STATE_HELD)
    assert made.expire_time.ToDatetime(UTC) == clock.now + timedelta(minutes=15)
    assert await stub.GetReservation(pb.GetReservationRequest(name=made.name)) == made


async def test_too_little_is_refused_whole(stub: Stub) -> None:
    await create(stub, "Lyon", 3)
    with pytest.raises(errors.FailedPrecondition, match="only 3 are available") as caught:
        await reserve(stub, 4)
    assert caught.value.reason == "OUT_OF_STOCK"
    assert (await get(stub, "lyon")).reserved == 0


async def test_only_what_is_for_sale_can_be_reserved(stub: Stub, catalog: FakeCatalog) -> None:
    with pytest.raises(errors.NotFound):
        await reserve(stub, 1, "products/none")
    with pytest.raises(errors.FailedPrecondition) as caught:
        await reserve(stub, 1, DRAFT)
    assert caught.value.reason == "NOT_FOR_SALE"
    catalog.error = errors.Unavailable("no instance of catalog takes calls", remote=True)
    with pytest.raises(errors.Unavailable):
        await reserve(stub, 1)


async def test_a_repeated_reserve_holds_once(stub: Stub, catalog: FakeCatalog) -> None:
    await create(stub, "Lyon", 5)
    request_id = str(uuid.uuid4())
    made = await reserve(stub, 2, request_id=request_id)
    catalog.offers.clear()
    assert await reserve(stub, 2, request_id=request_id) == made
    assert (await get(stub, "lyon")).reserved == 2


async def test_commit_and_release_are_idempotent_and_exclude_each_other(stub: Stub) -> None:
    await create(stub, "Lyon", 5)
    one, two = await reserve(stub, 1), await reserve(stub, 2)
    commit, release = (
        pb.CommitReservationRequest(name=one.name),
        pb.ReleaseReservationRequest(name=two.name),
    )
    for _ in range(2):
        assert (await stub.CommitReservation(commit)).state == State.STATE_COMMITTED
        assert (await stub.ReleaseReservation(release)).state == State.STATE_RELEASED
    with pytest.raises(errors.FailedPrecondition):
        await stub.ReleaseReservation(pb.ReleaseReservationRequest(name=one.name))
    with pytest.raises(errors.FailedPrecondition):
        await stub.CommitReservation(pb.CommitReservationRequest(name=two.name))
    stock = await get(stub, "lyon")
    assert (stock.on_hand, stock.reserved) == (4, 0)


async def test_a_hold_expires(stub: Stub, clock: Clock) -> None:
    await create(stub, "Lyon", 5)
    made = await reserve(stub, 5, ttl=60)
    clock.forward(seconds=60)
    await reserve(stub, 4)
    with pytest.raises(errors.FailedPrecondition, match="expired"):
        await stub.CommitReservation(pb.CommitReservationRequest(name=made.name))
    found = await stub.GetReservation(pb.GetReservationRequest(name=made.name))
    assert found.state == State.STATE_EXPIRED


async def test_reservations_are_listed_and_read_together(stub: Stub) -> None:
    await create(stub, "Lyon", 5)
    one, two = await reserve(stub, 1), await reserve(stub, 2)
    page = await stub.ListReservations(
        pb.ListReservationsRequest(filter="state = STATE_HELD", order_by="quantity desc")
    )
    assert list(page.reservations) == [two, one]
    assert page.total_size == 2
    asked = [one.name, "reservations/none", two.name]
    answer = await stub.BatchGetReservations(pb.BatchGetReservationsRequest(names=asked))
    assert list(answer.reservations) == [one, two]


async def test_an_unknown_reservation_is_not_found(stub: Stub) -> None:
    name = "reservations/none"
    with pytest.raises(errors.NotFound):
        await stub.GetReservation(pb.GetReservationRequest(name=name))
    with pytest.raises(errors.NotFound):
        await stub.CommitReservation(pb.CommitReservationRequest(name=name))
    with pytest.raises(errors.NotFound):
        await stub.ReleaseReservation(pb.ReleaseReservationRequest(name=name))


async def test_a_watch_shows_what_is_and_what_becomes_of_it(stub: Stub) -> None:
    lyon = await create(stub, "Lyon", 5)
    seen = stub.WatchStock(pb.WatchStockRequest(parent=LAMP))
    assert await anext(seen) == lyon
    made = await reserve(stub, 2)
    assert (await anext(seen)).available == 3
    await stub.CommitReservation(pb.CommitReservationRequest(name=made.name))
    assert (await anext(seen)).on_hand == 3
    leeds = await create(stub, "Leeds", 1)
    assert await anext(seen) == leeds
    await seen.aclose()


async def test_all_products_at_once_cannot_be_watched(stub: Stub) -> None:
    with pytest.raises(errors.InvalidArgument, match=r"^parent: "):
        await anext(stub.WatchStock(pb.WatchStockRequest(parent="products/-")))


async def test_a_watch_shows_what_a_sweep_gives_back(
    stub: Stub, watch: StockWatch, clock: Clock, memory_engine: AsyncEngine
) -> None:
    await create(stub, "Lyon", 5)
    await reserve(stub, 2)
    seen = stub.WatchStock(pb.WatchStockRequest(parent=LAMP))
    assert (await anext(seen)).reserved == 2
    clock.forward(hours=1)
    await Sweep(SqlReservationStore(memory_engine), watch, clock).once()
    assert (await anext(seen)).reserved == 0
    await seen.aclose()


async def test_a_watch_shows_changes_of_another_replica(
    stub: Stub, watch: StockWatch, clock: Clock, memory_engine: AsyncEngine
) -> None:
    lyon = await create(stub, "Lyon", 5)
    seen = stub.WatchStock(pb.WatchStockRequest(parent=LAMP))
    await anext(seen)
    other = SqlStockStore(memory_engine)
    await other.change(lyon.name, lambda stock: stock.counted("Lyon", 8, clock.now))
    await watch.poll()
    assert (await anext(seen)).on_hand == 8
    await seen.aclose()


async def test_a_watch_ends_as_unavailable_when_the_drain_begins(
    stub: Stub, watch: StockWatch
) -> None:
    await create(stub, "Lyon", 5)
    seen = stub.WatchStock(pb.WatchStockRequest(parent=LAMP))
    await anext(seen)
    stopping = asyncio.Event()
    stopping.set()
    await watch.end_with(stopping)
    with pytest.raises(errors.Unavailable) as caught:
        await anext(seen)
    assert caught.value.reason == "DRAINING"
    assert watch.watchers == 0


async def test_a_watch_that_its_client_leaves_makes_room(stub: Stub, watch: StockWatch) -> None:
    await create(stub, "Lyon", 5)
    streams = [stub.WatchStock(pb.WatchStockRequest(parent=LAMP)) for _ in range(2)]
    for seen in streams:
        await anext(seen)
    with pytest.raises(errors.ResourceExhausted):
        await anext(stub.WatchStock(pb.WatchStockRequest(parent=LAMP)))
    for seen in streams:
        await seen.aclose()
    async with asyncio.timeout(5):
        while watch.watchers:  # noqa: ASYNC110 (the server sees it when it sees it)
            await asyncio.sleep(0)
