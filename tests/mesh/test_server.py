"""A call through the outbound list, a real socket, and the inbound list."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from mesh import deadline, errors, metadata
from mesh.channel import RETRY_AFTER_SECONDS, MeshChannel, Upstream
from mesh.deadline import Deadline
from mesh.discovery import Endpoint, StaticResolver
from mesh.health import is_serving
from mesh.inbound import inbound
from mesh.outbound import stream_list, unary_list
from mesh.server import Server, Servicer
from mesh.telemetry import tracing
from mesh.testing import MESSAGE_BYTES_MAX, connect, serve
from shop.inventory.v1 import inventory_pb2 as pb
from shop.inventory.v1 import inventory_pb2_grpc as rpc


class Stocks(rpc.InventoryServiceServicer):
    """Answers by the last segment of the name; records what it was told."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}
        self.cancelled = asyncio.Event()

    async def GetStock(self, request: pb.GetStockRequest, context: Any) -> pb.Stock:
        self.seen["deadline"] = deadline.current.get()
        self.seen["request_id"] = metadata.request_id.get()
        self.seen["trace_id"] = tracing.current_trace_id()
        match request.name.rpartition("/")[2]:
            case "missing":
                raise errors.NotFound("no such stock", reason="STOCK_NOT_FOUND")
            case "wordy":
                raise errors.NotFound("é" * 20_000, reason="STOCK_NOT_FOUND")
            case "late":
                raise TimeoutError("of something else")
            case "bug":
                raise RuntimeError("secret")
            case "foreign":
                raise errors.NotFound("of another service", remote=True)
            case "slow":
                try:
                    await asyncio.sleep(60)
                finally:
                    self.cancelled.set()
        return pb.Stock(name=request.name, on_hand=3)

    async def WatchStock(
        self, request: pb.WatchStockRequest, context: Any
    ) -> AsyncIterator[pb.Stock]:
        try:
            for on_hand in range(3):
                yield pb.Stock(name=request.parent, on_hand=on_hand)
            if request.parent.endswith("broken"):
                raise errors.Unavailable("gone", retry_after_seconds=2)
            if request.parent.endswith("endless"):
                await asyncio.sleep(60)
        finally:
            self.cancelled.set()


def servicer(stocks: Stocks) -> Servicer:
    descriptor = pb.DESCRIPTOR.services_by_name["InventoryService"]
    return Servicer(descriptor, rpc.add_InventoryServiceServicer_to_server, stocks)


@pytest.fixture
async def stocks() -> Stocks:
    return Stocks()


@pytest.fixture
async def stub(stocks: Stocks) -> AsyncIterator[Any]:
    async with serve([servicer(stocks)]) as channel:
        yield rpc.InventoryServiceStub(channel)


def name(stock: str) -> pb.GetStockRequest:
    return pb.GetStockRequest(name=f"products/lamp/stocks/{stock}")


def test_the_lists_in_their_order() -> None:
    assert [wrap.__name__ for wrap in inbound()] == [
        "telemetry",
        "status",
        "deadline",
        "validation",
    ]
    order = ["telemetry", "deadline", "metadata", "status"]
    assert [wrap.__module__.rpartition(".")[2] for wrap in unary_list()] == order
    assert [wrap.__module__.rpartition(".")[2] for wrap in stream_list()] == order


async def test_an_answer(stub: Any) -> None:
    assert (await stub.GetStock(name("leeds"))).on_hand == 3


async def test_an_error_keeps_its_reason(stub: Any) -> None:
    with pytest.raises(errors.NotFound, match="no such stock") as raised:
        await stub.GetStock(name("missing"))
    assert raised.value.reason == "STOCK_NOT_FOUND"
    assert raised.value.remote


@pytest.mark.parametrize("stock", ["bug", "late", "foreign"])
async def test_a_bug_is_masked_and_logged_once(
    stub: Any, stock: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(errors.Internal, match=r"^internal error$"):
        await stub.GetStock(name(stock))
    assert len(caplog.records) == 1


async def test_a_request_that_breaks_a_rule_names_the_field(stub: Any, stocks: Stocks) -> None:
    with pytest.raises(errors.InvalidArgument) as raised:
        await stub.BatchGetStocks(pb.BatchGetStocksRequest(names=["products/a/stocks/b", "nope"]))
    violation = raised.value.violations[0]
    assert (violation.field, violation.reason) == ("names[1]", "STRING_PATTERN")
    assert stocks.seen == {}


async def test_an_error_fits_into_trailers_whatever_it_has_to_say(stub: Any) -> None:
    with pytest.raises(errors.InvalidArgument) as raised:
        await stub.BatchGetStocks(pb.BatchGetStocksRequest(names=["nope"] * 1000))
    assert raised.value.violations[0].field == "names"
    assert 10 < len(raised.value.violations) < 1000
    with pytest.raises(errors.NotFound, match=r"^é{512}$") as wordy:
        await stub.GetStock(name("wordy"))
    assert wordy.value.reason == "STOCK_NOT_FOUND"


async def test_the_deadline_of_the_work_travels(stub: Any, stocks: Stocks) -> None:
    token = deadline.current.set(Deadline.after(0.7))
    try:
        await stub.GetStock(name("leeds"), timeout=30)
    finally:
        deadline.current.reset(token)
    assert 0 < stocks.seen["deadline"].remaining() <= 0.7


async def test_the_methods_own_deadline_bounds_a_patient_caller(stub: Any, stocks: Stocks) -> None:
    await stub.GetStock(name("leeds"), timeout=30)
    assert stocks.seen["deadline"].remaining() <= 2.0


async def test_work_without_time_makes_no_call(stub: Any, stocks: Stocks) -> None:
    token = deadline.current.set(Deadline.after(0))
    try:
        with pytest.raises(errors.DeadlineExceeded, match="no time left"):
            await stub.GetStock(name("leeds"))
    finally:
        deadline.current.reset(token)
    assert stocks.seen == {}


async def test_work_ends_when_its_caller_has_no_time_left(stub: Any, stocks: Stocks) -> None:
    with pytest.raises(
        errors.DeadlineExceeded, match=r"InventoryService did not answer|GetStock had"
    ):
        await stub.GetStock(name("slow"), timeout=0.1)
    async with asyncio.timeout(1):
        await stocks.cancelled.wait()


async def test_request_id_and_trace_travel(stub: Any, stocks: Stocks) -> None:
    token = metadata.request_id.set("r-1")
    try:
        with tracing.tracer().start_as_current_span("test"):
            ours = tracing.current_trace_id()
            await stub.GetStock(name("leeds"))
    finally:
        metadata.request_id.reset(token)
    assert stocks.seen["request_id"] == "r-1"
    assert len(ours) == 32
    assert stocks.seen["trace_id"] == ours


async def test_a_stream_answers_in_order(stub: Any) -> None:
    request = pb.WatchStockRequest(parent="products/lamp")
    assert [stock.on_hand async for stock in stub.WatchStock(request)] == [0, 1, 2]


async def test_a_stream_that_breaks_says_why_after_its_answers(stub: Any) -> None:
    got: list[int] = []
    with pytest.raises(errors.Unavailable) as raised:
        async for stock in stub.WatchStock(pb.WatchStockRequest(parent="products/broken")):
            got.append(stock.on_hand)
    assert got == [0, 1, 2]
    assert raised.value.retry_after_seconds == 2


async def test_a_reader_that_leaves_ends_the_stream(stub: Any, stocks: Stocks) -> None:
    stream = stub.WatchStock(pb.WatchStockRequest(parent="products/endless"))
    assert (await anext(stream)).on_hand == 0
    await stream.aclose()
    async with asyncio.timeout(1):
        await stocks.cancelled.wait()


async def test_health_follows_the_server_and_a_lost_upstream_fails_at_once(stocks: Stocks) -> None:
    server = Server([servicer(stocks)], reflect=False, message_bytes_max=MESSAGE_BYTES_MAX)
    address = await server.start("127.0.0.1", 0)
    assert await is_serving(address)
    await server.stop(0)
    assert not await is_serving(address)
    upstream = Upstream("nobody", StaticResolver({}), message_bytes_max=MESSAGE_BYTES_MAX)
    with pytest.raises(errors.Unavailable, match="no instance of nobody") as raised:
        await rpc.InventoryServiceStub(MeshChannel(upstream)).GetStock(name("leeds"))
    assert raised.value.reason == "NO_ENDPOINT"
    await upstream.close()


async def test_what_grpc_says_of_a_connection_is_logged_and_told_to_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        address = f"127.0.0.1:{once.getsockname()[1]}"
    async with connect(address) as channel:
        with pytest.raises(errors.Unavailable) as raised:
            await rpc.InventoryServiceStub(channel).GetStock(name("leeds"))
    assert raised.value.message == "shop.inventory.v1.InventoryService does not answer"
    assert raised.value.retry_after_seconds == RETRY_AFTER_SECONDS
    assert address in caplog.text


async def test_a_channel_follows_the_instances(stocks: Stocks) -> None:
    found: dict[str, tuple[Endpoint, ...]] = {}

    class Moving:
        def endpoints(self, service: str) -> tuple[Endpoint, ...]:
            return found.get(service, ())

    servers = [
        Server([servicer(stocks)], reflect=False, message_bytes_max=MESSAGE_BYTES_MAX)
        for _ in range(2)
    ]
    upstream = Upstream("inventory", Moving(), message_bytes_max=MESSAGE_BYTES_MAX)
    stub = rpc.InventoryServiceStub(MeshChannel(upstream))
    for server in servers:
        found["inventory"] = (Endpoint(await server.start("127.0.0.1", 0)),)
        upstream._refresh()
        assert (await stub.GetStock(name("leeds"))).on_hand == 3
        await server.stop(0)
    await upstream.close()


async def test_a_resolver_that_cannot_tell_changes_nothing(stocks: Stocks) -> None:
    server = Server([servicer(stocks)], reflect=False, message_bytes_max=MESSAGE_BYTES_MAX)
    known = [(Endpoint(await server.start("127.0.0.1", 0)),)]

    class Blind:
        def endpoints(self, service: str) -> tuple[Endpoint, ...]:
            if not known:
                raise OSError("too many open files")
            return known.pop()

    upstream = Upstream("inventory", Blind(), message_bytes_max=MESSAGE_BYTES_MAX)
    stub = rpc.InventoryServiceStub(MeshChannel(upstream))
    assert (await stub.GetStock(name("leeds"))).on_hand == 3
    upstream._refresh()
    assert (await stub.GetStock(name("leeds"))).on_hand == 3
    await upstream.close()
    await server.stop(0)


async def test_two_servers_never_share_a_port(stocks: Stocks) -> None:
    from mesh.startup import StartupError

    one, two = (
        Server([servicer(stocks)], reflect=False, message_bytes_max=MESSAGE_BYTES_MAX)
        for _ in range(2)
    )
    address = await one.start("127.0.0.1", 0)
    with pytest.raises(StartupError, match="in use"):
        await two.start("127.0.0.1", int(address.rpartition(":")[2]))
    await one.stop(0)


async def reflected(stocks: Stocks, reflect: bool) -> list[str]:
    server = Server([servicer(stocks)], reflect=reflect, message_bytes_max=MESSAGE_BYTES_MAX)
    address = await server.start("127.0.0.1", 0)
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            stub = reflection_pb2_grpc.ServerReflectionStub(channel)
            request = reflection_pb2.ServerReflectionRequest(list_services="")
            answers = [answer async for answer in stub.ServerReflectionInfo(iter([request]))]
            return [found.name for found in answers[0].list_services_response.service]
    finally:
        await server.stop(0)


async def test_reflection_tells_what_is_served(stocks: Stocks) -> None:
    assert "shop.inventory.v1.InventoryService" in await reflected(stocks, True)


async def test_without_reflection_nothing_is_told(stocks: Stocks) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await reflected(stocks, False)
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED
