import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
import websockets

from edge.app import Edge, create_app
from edge.config import EdgeSettings
from edge.contracts.model import Contracts
from mesh.errors import Internal

THING = "/v1/shelves/1/things/2"


@pytest.fixture
def app(probe: Contracts, caller: Any) -> Callable[..., Edge]:
    caller.answers |= {"GetThing": b"", "MakeThing": b""}

    def make(**settings: Any) -> Edge:
        return create_app(probe, caller, EdgeSettings(**settings))

    return make


@asynccontextmanager
async def serving(app: Edge) -> AsyncIterator[httpx.AsyncClient]:
    """The app behind a real socket."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    work = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        server.should_exit = True
        await work


def test_the_lists_are_what_a_request_passes(app: Callable[..., Edge]) -> None:
    made = app()
    assert [entry.cls.__name__ for entry in made.middleware] == [
        "RequestIdMiddleware",
        "TelemetryMiddleware",
        "ServerTimingMiddleware",
        "CompressionMiddleware",
        "LastResortMiddleware",
        "LimitsMiddleware",
        "ContextMiddleware",
    ]
    assert [path for path in made.doors if not path.startswith("/docs/")] == [
        "/livez", "/readyz", "/docs", "/openapi.json", "/v1/openapi.json", "/graphql",
        "/graphql/assets/",
    ]  # fmt: skip
    assert list(made.sockets) == ["/graphql"]


async def test_one_port_serves_every_face(app: Callable[..., Edge], ask: Any) -> None:
    made = app()
    for target in ("/livez", "/readyz", "/openapi.json", "/docs", THING):
        assert (await ask(made, "GET", target)).status_code == 200
    query = {"query": "{ __typename }"}
    answer = await ask(made, "POST", "/graphql", json=query)
    assert answer.json()["data"] == {"__typename": "Query"}


async def test_the_page_loads_nothing_from_elsewhere(app: Callable[..., Edge], ask: Any) -> None:
    made = app(profile="production")
    page = await ask(made, "GET", "/docs")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "//" not in page.text
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "page.js", "page.css"):
        file = await ask(made, "GET", f"/docs/{name}")
        assert (file.status_code, f"docs/{name}" in page.text) == (200, True)
    assert (await ask(made, "GET", "/docs/page.py")).status_code == 404
    assert (await ask(made, "GET", "/docs/..%2Fapp.py")).status_code == 404


@pytest.mark.parametrize("path", ["/docs", "/graphql"])
async def test_no_page_elsewhere_shows_ours(app: Callable[..., Edge], ask: Any, path: str) -> None:
    page = await ask(app(), "GET", path, headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("given", ["abc-123", "x" * 128])
async def test_a_sane_request_id_is_kept(
    app: Callable[..., Edge], ask: Any, caller: Any, given: str
) -> None:
    answer = await ask(app(), "GET", THING, headers={"x-request-id": given})
    assert answer.headers["x-request-id"] == given
    assert caller.asked[0][2].request_id == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "é"])
async def test_another_request_id_is_replaced(
    app: Callable[..., Edge], ask: Any, caller: Any, given: str
) -> None:
    headers = {"x-request-id": given.encode("latin-1")}
    answer = await ask(app(), "GET", THING, headers=headers)
    fresh = answer.headers["x-request-id"]
    assert fresh != given and len(fresh) == 32
    assert caller.asked[0][2].request_id == fresh


async def test_r24_only_named_headers_become_metadata(
    app: Callable[..., Edge], ask: Any, caller: Any
) -> None:
    headers = {"authorization": "Bearer t", "x-tenant": "a", "x-other": "b", "cookie": "c"}
    await ask(app(forward_headers=("x-tenant",)), "GET", "/v1/ask?count=1", headers=headers)
    assert dict(caller.asked[0][2].metadata) == {"authorization": "Bearer t", "x-tenant": "a"}


async def test_r24_a_header_that_gRPC_cannot_carry_is_refused(
    app: Callable[..., Edge], ask: Any, caller: Any
) -> None:
    headers = {"authorization": "Bearer é".encode("latin-1")}
    assert (await ask(app(), "GET", THING, headers=headers)).status_code == 400
    assert caller.asked == []


@pytest.mark.parametrize("errors", ["problem", "google"])
async def test_r14_an_error_carries_the_trace_of_the_request(
    app: Callable[..., Edge], ask: Any, errors: str
) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    answer = await ask(app(rest_errors=errors), "GET", "/v1/none", headers=headers)
    assert (answer.status_code, (trace in answer.text)) == (404, errors == "problem")


async def test_r14_what_nobody_expected_is_masked(
    app: Callable[..., Edge], ask: Any, caller: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caller.answers["GetThing"] = Internal("a secret")
    assert "secret" not in (await ask(app(), "GET", THING)).text
    caller.answers["GetThing"] = ["no bytes: the assertion in the fake fails"]
    answer = await ask(app(), "GET", THING)
    assert (answer.status_code, answer.json()["detail"]) == (500, "internal error")
    assert "Traceback" not in answer.text
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert caplog.records[1].exc_info


@pytest.mark.parametrize("length", [True, False])
async def test_a_body_has_a_longest_length(
    app: Callable[..., Edge], ask: Any, caller: Any, length: bool
) -> None:
    made = app(body_bytes_max=20)

    async def chunks(text: bytes) -> AsyncIterator[bytes]:
        yield text[:10]
        yield text[10:]

    for size, status in [(20, 200), (21, 413)]:
        text = b'{"title":"' + b"x" * (size - 12) + b'"}'
        content = text if length else chunks(text)
        answer = await ask(made, "POST", "/v1/things", content=content)
        assert answer.status_code == status
    assert len(caller.asked) == 1


async def test_target_and_headers_have_a_longest_length(app: Callable[..., Edge], ask: Any) -> None:
    made = app(target_bytes_max=100, header_bytes_max=300)
    assert (await ask(made, "GET", f"/v1/{'a' * 100}")).status_code == 414
    assert (await ask(made, "GET", THING, headers={"x": "y" * 300})).status_code == 431
    assert (await ask(made, "GET", THING)).status_code == 200


@pytest.mark.parametrize("target", ["/livez", "/openapi.json", "/docs", "/docs/page.js"])
async def test_our_own_paths_take_no_other_methods(
    app: Callable[..., Edge], ask: Any, target: str
) -> None:
    answer = await ask(app(), "POST", target)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_every_path_is_answered_by_us(
    app: Callable[..., Edge], ask: Any, caller: Any
) -> None:
    assert (await ask(app(), "GET", "/v1/shelves/1/things/a%0Ab")).status_code == 200
    assert b"things/a\nb" in caller.asked[0][1]
    for target in ("/a%0Ab", "/livez/", "//livez"):
        answer = await ask(app(), "GET", target)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("headers", [{"authorization": b"\xff"}, {"x": b"y" * 300}])
async def test_a_socket_whose_request_is_wrong_does_not_open(
    app: Callable[..., Edge], headers: dict[str, bytes]
) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket", "path": "/graphql", "raw_path": b"/graphql", "query_string": b"",
        "headers": [(name.encode(), value) for name, value in headers.items()],
        "subprotocols": ["graphql-transport-ws"],
    }  # fmt: skip
    await app(header_bytes_max=300)(scope, receive, send)
    assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 1008)]


async def test_r14_a_socket_that_does_not_open_has_a_problem(app: Callable[..., Edge]) -> None:
    async with serving(app()) as client:
        where = str(client.base_url).replace("http:", "ws:").rstrip("/")
        for path, headers, status in (
            ("/v1/shelves/1/things/2", {}, 404),
            ("/graphql", {"authorization": "é"}, 400),
        ):
            with pytest.raises(websockets.InvalidStatus) as caught:
                await websockets.connect(where + path, additional_headers=headers)
            answer = caught.value.response
            assert answer.headers["content-type"] == "application/problem+json"
            assert (answer.status_code, json.loads(answer.body)["status"]) == (status, status)


async def test_over_a_real_socket(app: Callable[..., Edge], caller: Any) -> None:
    async with serving(app(body_bytes_max=1000)) as client:
        answer = await client.get("/v1/shelves/a%2Fb/things/%C3%A9", headers={"x-request-id": "r"})
        assert (answer.status_code, answer.headers["x-request-id"]) == (200, "r")
        assert b"shelves/a%2Fb/things/\xc3\xa9" in caller.asked[0][1]
        head = await client.head(THING)
        assert (head.status_code, head.content) == (200, b"")
        packed = gzip.compress(b"x" * 5000)
        refused = await client.post("/v1/things", content=packed, headers={"content-type": "x/y"})
        assert refused.status_code == 415
        large = await client.post("/v1/things", content=b"x" * 1001)
        assert (large.status_code, large.json()["code"]) == (413, "INVALID_ARGUMENT")
        assert (await client.get(THING)).status_code == 200


async def test_a_client_that_hangs_up_ends_the_call(probe: Contracts, endless: Any) -> None:
    async with serving(create_app(probe, endless, EdgeSettings())) as client:
        work = asyncio.create_task(client.get(THING))
        await endless.started.wait()
        work.cancel()
        async with asyncio.timeout(2):
            await endless.ended.wait()
