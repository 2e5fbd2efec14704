"""graphql-transport-ws over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import websockets

from edge.config import EdgeSettings
from edge.graphql.engine import Engine
from edge.graphql.http.socket import Sockets
from mesh.errors import Unavailable
from tests.edge.graphql.serving import DATA, QUERY, WATCH, app_of, served, stock

pytestmark = pytest.mark.slow

PROTOCOL = [websockets.Subprotocol("graphql-transport-ws")]


@asynccontextmanager
async def opened(edge, init=True, **settings) -> AsyncIterator[websockets.ClientConnection]:
    async with served(app_of(edge, **settings)) as host:
        url = f"ws://{host}/graphql"
        async with websockets.connect(url, subprotocols=PROTOCOL) as connection:
            if init:
                await connection.send('{"type": "connection_init"}')
                assert json.loads(await connection.recv()) == {"type": "connection_ack"}
            yield connection


def subscribe(id_: str, query: str, **more: object) -> str:
    return json.dumps({"id": id_, "type": "subscribe", "payload": {"query": query, **more}})


async def received(connection, count: int) -> list[dict[str, object]]:
    return [json.loads(await connection.recv()) for _ in range(count)]


async def closed(connection) -> int:
    with pytest.raises(websockets.ConnectionClosed) as caught:
        await connection.recv()
    return caught.value.rcvd.code


async def test_r3_a_stream_is_a_subscription_that_ends_with_it(edge, shop):
    async def watch(request):
        yield stock(1)
        shop.products["products/p1"]["title"] = "Renamed"
        yield stock(2)

    edge.caller.handlers["WatchStock"] = watch
    async with opened(edge) as connection:
        await connection.send(subscribe("1", WATCH))
        got = await received(connection, 3)
    events = [message["payload"]["data"]["watchStock"] for message in got[:2]]
    assert events == [
        {"available": 1, "product": {"title": "Product 1"}},
        {"available": 2, "product": {"title": "Renamed"}},
    ]
    assert got[2] == {"id": "1", "type": "complete"}


async def test_r3_whoever_leaves_cancels_the_call(edge):
    left = asyncio.Event()

    async def watch(request):
        try:
            yield stock(1)
            await asyncio.Event().wait()
        finally:
            left.set()

    edge.caller.handlers["WatchStock"] = watch
    async with opened(edge) as connection:
        await connection.send(subscribe("1", WATCH))
        await connection.recv()
        await connection.send('{"id": "1", "type": "complete"}')
        await connection.send(subscribe("1", WATCH))  # its id is free again
        assert json.loads(await connection.recv())["type"] == "next"
        await asyncio.wait_for(left.wait(), 5)
        left.clear()
    await asyncio.wait_for(left.wait(), 5)


async def test_r14_a_stream_that_breaks_says_why(edge):
    async def watch(request):
        yield stock(1)
        raise Unavailable("inventory is away", remote=True)

    edge.caller.handlers["WatchStock"] = watch
    async with opened(edge) as connection:
        await connection.send(subscribe("1", WATCH))
        got = await received(connection, 3)
    assert got[1]["payload"]["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert got[1]["payload"]["data"] is None
    assert got[2]["type"] == "complete"


async def test_a_refused_operation_leaves_the_socket_open(edge):
    refusals = [
        ("subscription { a " + "{ a " * 9 + "}" * 10, None, "DEPTH_LIMIT"),
        ("{", None, "GRAPHQL_DOCUMENT"),
        ("{ nothing }", None, "GRAPHQL_DOCUMENT"),
        ("{ __typename }", "No", "OPERATION_NAME"),
        ("subscription($n: Int!) { watchStock(parent: $n) { name } }", None, "GRAPHQL_DOCUMENT"),
    ]
    async with opened(edge) as connection:
        for query, name, reason in refusals:
            await connection.send(subscribe("1", query, operationName=name))
            (refused,) = await received(connection, 1)
            assert (refused["id"], refused["type"]) == ("1", "error")
            assert refused["payload"][0]["extensions"]["reason"] == reason
        await connection.send(subscribe("1", QUERY))
        found, complete = await received(connection, 2)
    assert (found["payload"]["data"], complete["type"]) == (DATA, "complete")
    assert found["payload"]["extensions"]["cost"] >= 0


async def test_bar_43_whoever_subscribes_before_init_is_closed(edge):
    async with opened(edge, init=False) as connection:
        await connection.send(subscribe("1", WATCH))
        assert await closed(connection) == 4401
    assert edge.caller.calls == []


async def test_bar_43_whoever_never_inits_is_closed(edge):
    assert EdgeSettings().graphql_init_seconds <= 10
    async with opened(edge, init=False, graphql_init_seconds=0.01) as connection:
        assert await closed(connection) == 4408


async def test_bar_43_one_subscription_more_is_refused(edge):
    async def watch(request):
        yield stock(1)
        await asyncio.Event().wait()

    edge.caller.handlers["WatchStock"] = watch
    query = 'subscription { watchStock(parent: "products/p1") { available } }'
    most = EdgeSettings().graphql_subscriptions_max
    assert most <= 100
    async with opened(edge) as connection:
        for i in range(most):
            await connection.send(subscribe(str(i), query))
        got = await received(connection, most)
        assert {message["type"] for message in got} == {"next"}
        await connection.send(subscribe("more", query))
        (refused,) = await received(connection, 1)
        assert (refused["id"], refused["type"]) == ("more", "error")
        assert refused["payload"][0]["extensions"]["reason"] == "SUBSCRIPTIONS_LIMIT"
        await connection.send('{"id": "0", "type": "complete"}')
        await connection.send(subscribe("more", query))
        assert (await received(connection, 1))[0]["type"] == "next"


async def test_an_id_serves_one_operation_at_a_time(edge):
    async def watch(request):
        yield stock(1)
        await asyncio.Event().wait()

    edge.caller.handlers["WatchStock"] = watch
    async with opened(edge) as connection:
        await connection.send(subscribe("1" * 500, WATCH))
        await connection.recv()
        await connection.send(subscribe("1" * 500, WATCH))
        assert await closed(connection) == 4409


WRONG = [
    "{", "[1]", "5", '{"type": "x"}', '{"type": 5}', '{"type": "%s"}' % ("x" * 999),
    '{"id": "1", "type": "subscribe"}',
    '{"id": [1], "type": "subscribe", "payload": {"query": "{ a }"}}',
    '{"id": "1", "type": "subscribe", "payload": [1]}',
    '{"id": "1", "type": "subscribe", "payload": {"query": 5}}',
    '{"id": "1", "type": "subscribe", "payload": {"query": "{ a }", "variables": [1]}}',
    '{"id": "1", "type": "subscribe", "payload": {"query": "{ a }", "query": "{ b }"}}',
    '{"id": "1", "type": "subscribe", "payload": ' + "[" * 100 + "]" * 100 + "}",
]  # fmt: skip


async def test_a_socket_closes_on_what_is_no_message(edge):
    async with served(app_of(edge)) as host:
        for message in WRONG:
            async with websockets.connect(
                f"ws://{host}/graphql", subprotocols=PROTOCOL
            ) as connection:
                await connection.send('{"type": "connection_init"}')
                await connection.recv()
                await connection.send(message)
                assert await closed(connection) == 4400


async def test_bar_42_pages_elsewhere_cannot_open_a_socket(edge):
    async with served(app_of(edge, cors_origins="https://shop.example")) as host:
        url = f"ws://{host}/graphql"
        with pytest.raises(websockets.InvalidStatus) as caught:
            await websockets.connect(url, subprotocols=PROTOCOL, origin="https://evil.example")
        assert caught.value.response.status_code == 403
        for origin in ("https://shop.example", f"http://{host}"):
            async with websockets.connect(url, subprotocols=PROTOCOL, origin=origin) as connection:
                assert connection.subprotocol == PROTOCOL[0]
    async with served(app_of(edge, cors_origins="*")) as host:
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(f"ws://{host}/graphql", origin="https://evil.example")


class Broken:
    """An engine with a mistake in it."""

    def __init__(self, engine: Engine) -> None:
        self.refuse = engine.refuse

    async def stream(self, asked, open_):
        raise RuntimeError("secret")
        yield


async def test_what_nobody_expected_is_masked_and_logged(edge, caplog):
    app = Sockets(edge.schema, Broken(edge.engine), edge.open, EdgeSettings())
    async with (
        served(app) as host,
        websockets.connect(f"ws://{host}/", subprotocols=PROTOCOL) as connection,
    ):
        await connection.send('{"type": "connection_init"}')
        await connection.send(subscribe("1", QUERY))
        _, found = await received(connection, 2)
    assert (found["type"], found["payload"][0]["extensions"]["code"]) == ("error", "INTERNAL")
    assert "secret" not in json.dumps(found)
    assert "secret" in caplog.text


async def test_a_socket_runs_trusted_operations_alone_by_their_id_too(edge, tmp_path):
    path = tmp_path / "operations.json"
    path.write_text(json.dumps({"first": QUERY}))
    async with opened(edge, graphql_operations=path) as connection:
        payload = {"documentId": "first"}
        await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        found, _ = await received(connection, 2)
        assert found["payload"]["data"] == DATA
        await connection.send(subscribe("2", WATCH))
        (refused,) = await received(connection, 1)
    assert refused["payload"][0]["extensions"]["reason"] == "OPERATION_NOT_TRUSTED"
    assert "WatchStock" not in edge.caller.counts
