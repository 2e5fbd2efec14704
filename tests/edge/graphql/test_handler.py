"""The endpoint over HTTP and sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
import websockets

from edge.config import EdgeSettings
from edge.errors import BodyTooSlow
from edge.graphql.handler import GraphQLApp, graphql_app
from mesh.errors import Unavailable

QUERY = "{ products(first: 1) { nodes { title } } }"
ANSWER = {"data": {"products": {"nodes": [{"title": "Product 0"}]}}}
DELETE = 'mutation { deleteProduct(name: "products/p1") }'
WATCH = 'subscription { watchStock(parent: "products/p1") { available product { title } } }'


def app_of(edge, profile="development"):
    contracts = edge.derived.contracts
    return graphql_app(contracts, edge.codec, edge.caller, EdgeSettings(profile=profile))


def client_of(edge, profile="development"):
    transport = httpx.ASGITransport(app_of(edge, profile))
    return httpx.AsyncClient(transport=transport, base_url="http://edge")


@pytest.fixture
async def client(edge):
    async with client_of(edge) as client:
        yield client


async def test_post_answers(client):
    answer = await client.post("/graphql", json={"query": QUERY})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == ANSWER


async def test_post_takes_variables_and_the_name_of_an_operation(client):
    query = "query A($n: Int) { products(first: $n) { nodes { title } } } query B { __typename }"
    body = {"query": query, "variables": {"n": 1}, "operationName": "A"}
    assert (await client.post("/graphql", json=body)).json() == ANSWER
    body["operationName"] = "B"
    assert (await client.post("/graphql", json=body)).json() == {"data": {"__typename": "Query"}}


async def test_get_is_for_queries(client, edge):
    params = {"query": "query($n: Int) { products(first: $n) { nodes { title } } }"}
    answer = await client.get("/graphql", params={**params, "variables": '{"n": 1}'})
    assert answer.json() == ANSWER
    edge.caller.calls.clear()
    answer = await client.get("/graphql", params={"query": DELETE})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert edge.caller.calls == []


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"query": "{ a }", "operationName": "X"}', {"content-type": "application/json"}, 400),
        (b"query=x", {"content-type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {"content-type": "text/plain"}, 415),
        (b"{}", {}, 415),
        (b"{", {"content-type": "application/json"}, 400),
        (b"\xff", {"content-type": "application/json"}, 400),
        (b"null", {"content-type": "application/json"}, 400),
        (b"5", {"content-type": "application/json"}, 400),
        (b"[]", {"content-type": "application/json"}, 400),
        (b'[{"query": "{ __typename }"}]', {"content-type": "application/json"}, 400),
        (b"{}", {"content-type": "application/json"}, 400),
        (b'{"query": "{ a }", "operationName": 5}', {"content-type": "application/json"}, 400),
        (b'{"query": 5}', {"content-type": "application/json"}, 400),
        (b'{"query": "{ a }", "variables": []}', {"content-type": "application/json"}, 400),
    ],
)  # fmt: skip
async def test_what_is_no_request_is_refused_in_json(client, body, headers, status):
    answer = await client.post("/graphql", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"] == "INVALID_ARGUMENT"


async def test_a_subscription_needs_a_socket(client, edge):
    for answer in (
        await client.post("/graphql", json={"query": WATCH}),
        await client.get("/graphql", params={"query": WATCH}),
    ):
        assert answer.json()["data"] is None
        assert answer.json()["errors"][0]["extensions"]["reason"] == "NO_SOCKET"
    assert edge.caller.calls == []


async def test_other_methods_are_refused(client):
    answer = await client.put("/graphql", json={"query": QUERY})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_a_body_that_does_not_arrive_in_time_is_refused(edge):
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)  # cut short by the bound

    settings = EdgeSettings(write_seconds=0.01)
    app = graphql_app(edge.derived.contracts, edge.codec, edge.caller, settings)
    with pytest.raises(BodyTooSlow):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            await client.post("http://edge/graphql", content=slow())


async def test_whoever_leaves_in_mid_body_is_not_answered(edge):
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": []}
    await app_of(edge)(scope, receive, send)
    assert sent == []


async def test_a_browser_gets_graphiql_from_local_files(client):
    page = await client.get("/graphql", params={"query": QUERY}, headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "//" not in page.text.replace("</", ""), "nothing comes from elsewhere"
    assets = [part.split('"')[0] for part in page.text.split('="/graphql/assets/')[1:]]
    assert len(assets) == 5
    for name in assets:
        answer = await client.get(f"/graphql/assets/{name}")
        assert answer.status_code == 200
        assert len(answer.content) > 1000


async def test_no_other_file_is_served(client):
    for name in ("views.py", "..%2fviews.py", "", "x/graphiql.min.js/.."):
        assert (await client.get(f"/graphql/assets/{name}")).status_code == 404


async def test_production_has_no_page(edge):
    async with client_of(edge, "production") as client:
        answer = await client.get("/graphql", headers={"accept": "text/html"})
        assert answer.status_code == 400
        assert (await client.get("/graphql/assets/graphiql.min.js")).status_code == 404
        answer = await client.post("/graphql", json={"query": QUERY})
        assert answer.json() == ANSWER


async def test_a_large_schema_is_built_at_its_first_use(edge):
    app = GraphQLApp(edge.derived.contracts, edge.codec, edge.caller, EdgeSettings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://edge") as c:
        answers = await asyncio.gather(*(c.post("/graphql", json={"query": QUERY}) for _ in "12"))
    assert [answer.json() for answer in answers] == [ANSWER, ANSWER]


@asynccontextmanager
async def served(app) -> AsyncIterator[str]:
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="websockets-sansio")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 # uvicorn has no event for it
        await asyncio.sleep(0)
    try:
        yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/graphql"
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def socket(edge) -> AsyncIterator[websockets.ClientConnection]:
    async with served(app_of(edge)) as url:
        protocol = [websockets.Subprotocol("graphql-transport-ws")]
        async with websockets.connect(url, subprotocols=protocol) as connection:
            await connection.send('{"type": "connection_init"}')
            assert json.loads(await connection.recv()) == {"type": "connection_ack"}
            yield connection


def subscribe(id_: str, query: str) -> str:
    return json.dumps({"id": id_, "type": "subscribe", "payload": {"query": query}})


def stock(available: int) -> dict[str, object]:
    product = "products/p1"
    return {"name": f"{product}/stocks/oslo", "product": product, "available": available}


@pytest.mark.slow
async def test_r3_a_stream_is_a_subscription_that_ends_with_it(edge, shop):
    async def watch(request):
        yield stock(1)
        shop.products["products/p1"]["title"] = "Renamed"
        yield stock(2)

    edge.caller.handlers["WatchStock"] = watch
    async with socket(edge) as connection:
        await connection.send(subscribe("1", WATCH))
        got = [json.loads(await connection.recv()) for _ in range(3)]
    events = [message["payload"]["data"]["watchStock"] for message in got[:2]]
    assert events == [
        {"available": 1, "product": {"title": "Product 1"}},
        {"available": 2, "product": {"title": "Renamed"}},
    ]
    assert got[2] == {"id": "1", "type": "complete"}


@pytest.mark.slow
async def test_r3_whoever_leaves_cancels_the_call(edge):
    left = asyncio.Event()

    async def watch(request):
        try:
            yield stock(1)
            await asyncio.Event().wait()
        finally:
            left.set()

    edge.caller.handlers["WatchStock"] = watch
    async with socket(edge) as connection:
        await connection.send(subscribe("1", WATCH))
        await connection.recv()
        await connection.send('{"id": "1", "type": "complete"}')
        await asyncio.wait_for(left.wait(), 5)
        left.clear()
        await connection.send(subscribe("2", WATCH))
        await connection.recv()
    await asyncio.wait_for(left.wait(), 5)


@pytest.mark.slow
async def test_r14_a_stream_that_breaks_says_why(edge):
    async def watch(request):
        yield stock(1)
        raise Unavailable("inventory is away", remote=True)

    edge.caller.handlers["WatchStock"] = watch
    async with socket(edge) as connection:
        await connection.send(subscribe("1", WATCH))
        got = [json.loads(await connection.recv()) for _ in range(3)]
    assert got[1]["payload"]["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert got[2]["type"] == "complete"


@pytest.mark.slow
async def test_a_socket_has_the_same_bounds(edge):
    async with socket(edge) as connection:
        await connection.send(subscribe("1", "subscription { a " + "{ a " * 9 + "}" * 10))
        refused = json.loads(await connection.recv())
        assert refused["type"] == "error"
        assert refused["payload"][0]["extensions"]["reason"] == "DEPTH_LIMIT"
        await connection.send(subscribe("2", QUERY))
        assert json.loads(await connection.recv())["payload"] == ANSWER


@pytest.mark.slow
@pytest.mark.parametrize(
    "message",
    [
        "{", "[1]", "5", '{"type": "x"}', '{"id": "1", "type": "subscribe"}',
        '{"id": [1], "type": "subscribe", "payload": {"query": "{ a }"}}',
        '{"id": "1", "type": "subscribe", "payload": [1]}',
        '{"id": "1", "type": "subscribe", "payload": {"query": 5}}',
        '{"id": "1", "type": "subscribe", "payload": {"query": "{ a }", "variables": [1]}}',
    ],
)  # fmt: skip
async def test_a_socket_closes_on_what_is_no_message(edge, message):
    async with socket(edge) as connection:
        await connection.send(message)
        with pytest.raises(websockets.ConnectionClosed) as caught:
            await connection.recv()
    assert caught.value.rcvd.code == 4400


@pytest.mark.slow
async def test_an_operation_that_is_not_there_is_the_mistake_of_the_client(edge, caplog):
    payload = {"query": "{ __typename }", "operationName": "No"}
    async with socket(edge) as connection:
        await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        with pytest.raises(websockets.ConnectionClosed) as caught:
            await connection.recv()
    assert caught.value.rcvd.code == 4400
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
