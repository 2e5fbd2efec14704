"""GraphQL over HTTP: which requests there are, which answers, and what a browser cannot do."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from mesh.errors import Unavailable
from tests.edge.graphql.serving import DATA, DELETE, QUERY, WATCH, app_of, client_of, reason

JSON = {"content-type": "application/json"}
GRAPHQL = "application/graphql-response+json"


@pytest.fixture
async def client(edge):
    async with client_of(edge) as client:
        yield client


async def test_post_answers(client):
    answer = await client.post("/graphql", json={"query": QUERY})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json()["data"] == DATA


async def test_post_takes_variables_and_the_name_of_an_operation(client):
    query = "query A($n: Int) { products(first: $n) { nodes { title } } } query B { __typename }"
    body = {"query": query, "variables": {"n": 1}, "operationName": "A"}
    assert (await client.post("/graphql", json=body)).json()["data"] == DATA
    body["operationName"] = "B"
    assert (await client.post("/graphql", json=body)).json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("accept", "format_"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, application/json;q=0.9", GRAPHQL),
        (f"application/json, {GRAPHQL}", GRAPHQL),
        (f"application/json, {GRAPHQL};q=0.5", "application/json"),
        ("text/html, */*;q=0.1", "application/json"),
    ],
)
async def test_accept_says_in_which_format_the_answer_is(client, accept, format_):
    headers = {"accept": accept} if accept else {}
    if not accept:
        del client.headers["accept"]
    answer = await client.post("/graphql", json={"query": QUERY}, headers=headers)
    assert answer.headers["content-type"] == f"{format_}; charset=utf-8"
    assert answer.json()["data"] == DATA


@pytest.mark.parametrize("accept", ["text/plain", "application/json;q=0", "image/*"])
async def test_who_takes_no_format_of_ours_is_told_so(client, edge, accept):
    answer = await client.post("/graphql", json={"query": DELETE}, headers={"accept": accept})
    assert (answer.status_code, edge.caller.calls) == (406, [])
    assert answer.json()["errors"][0]["extensions"]["code"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    ("query", "variables", "found"),
    [
        ("{", None, "GRAPHQL_DOCUMENT"),
        ("{ nothing }", None, "GRAPHQL_DOCUMENT"),
        ("{" + "a{" * 9 + "a" + "}" * 10, None, "DEPTH_LIMIT"),
        ("query($n: Int!) { products(first: $n) { nodes { title } } }", None, "GRAPHQL_DOCUMENT"),
        ("query A { __typename } query B { __typename }", None, "OPERATION_NAME"),
        ("fragment F on Product { title }", None, None),
        ("{ products @defer { nodes { title } } }", None, "GRAPHQL_DOCUMENT"),
        (WATCH, None, "NO_STREAM"),
    ],
)
async def test_a_refused_document_has_no_data(client, edge, query, variables, found):
    body = {"query": query, "variables": variables}
    for accept, status in ((GRAPHQL, 400), ("application/json", 200)):
        answer = await client.post("/graphql", json=body, headers={"accept": accept})
        assert answer.status_code == status
        assert "data" not in answer.json()
        extensions = answer.json()["errors"][0]["extensions"]
        assert extensions["code"] == "INVALID_ARGUMENT"
        assert found is None or extensions["reason"] == found
    assert edge.caller.calls == []


async def test_a_directive_that_nobody_serves_is_said_so(client):
    answer = await client.post("/graphql", json={"query": "{ __typename @stream }"})
    assert answer.json()["errors"][0]["message"] == "Unknown directive '@stream'."


async def test_an_answer_in_part_is_an_answer(client, edge):
    edge.caller.failures["GetProduct"] = Unavailable("gone", remote=True)
    query = '{ product(name: "products/p1") { title } categories: __typename }'
    answer = await client.post("/graphql", json={"query": query}, headers={"accept": GRAPHQL})
    said = answer.json()
    assert (answer.status_code, said["data"]["product"]) == (200, None)
    assert [error["path"] for error in said["errors"]] == [["product"]]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"query=x", {"content-type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {"content-type": "text/plain"}, 415),
        (b"--x", {"content-type": "multipart/form-data; boundary=x"}, 415),
        (b"{}", {"content-type": "application/json; charset=latin-1"}, 415),
        (b"{}", {"content-type": "text/plain; application/json"}, 415),
        (b"{}", {}, 415),
        (b"{", JSON, 400),
        (b"", JSON, 400),
        (b"\xff", JSON, 400),
        (b'{"query": "\xff"}', JSON, 400),
        (b'{"query": "\\ud800"}', JSON, 400),
        (b"null", JSON, 400),
        (b"5", JSON, 400),
        (b"[]", JSON, 400),
        (b'[{"query": "{ __typename }"}]', JSON, 400),
        (b"{}", JSON, 400),
        (b'{"query": ""}', JSON, 400),
        (b'{"query": "{ a }", "operationName": 5}', JSON, 400),
        (b'{"query": 5}', JSON, 400),
        (b'{"query": "{ a }", "variables": []}', JSON, 400),
        (b'{"query": "{ a }", "variables": "{}"}', JSON, 400),
        (b'{"query": "{ a }", "extensions": []}', JSON, 400),
        (b'{"query": "{ a }", "query": "{ b }"}', JSON, 400),
        (b'{"query": "{ a }", "variables": {"a": {"b": 1, "b" : 2}}}', JSON, 400),
        (b'{"query": "{ a }", "variables": {"n": 1e999}}', JSON, 400),
        (b'{"query": "{ a }", "variables": {"n": NaN}}', JSON, 400),
        (b'{"query": "{ a }", "variables": {"n": ' + b"[" * 64 + b"]" * 64 + b"}}", JSON, 400),
        (b'{"query": "{ a }", "variables": ' + b"[" * 9999 + b"]" * 9999 + b"}", JSON, 400),
    ],
)
async def test_what_is_no_request_is_refused_whatever_the_format(client, body, headers, status):
    for accept in ("application/json", GRAPHQL):
        headers = {**headers, "accept": accept}
        answer = await client.post("/graphql", content=body, headers=headers)
        assert answer.status_code == status
        assert answer.headers["content-type"] == f"{accept}; charset=utf-8"
        assert answer.json()["errors"][0]["extensions"]["code"] == "INVALID_ARGUMENT"


async def test_bar_40_batches_are_off(client):
    answer = await client.post("/graphql", json=[{"query": QUERY}, {"query": QUERY}])
    assert (answer.status_code, reason(answer)) == (400, "BATCH")


async def test_json_at_the_depth_that_is_allowed_is_read(client):
    variables = b'{"n": ' + b"[" * 62 + b"]" * 62 + b"}"
    body = b'{"query": "{ __typename }", "variables": ' + variables + b"}"
    assert (await client.post("/graphql", content=body, headers=JSON)).json()["data"]


async def test_other_methods_are_refused(client):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = await client.request(method, "/graphql", json={"query": QUERY})
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


async def test_get_answers_queries(client):
    params = {"query": "query($n: Int) { products(first: $n) { nodes { title } } }"}
    answer = await client.get("/graphql", params={**params, "variables": '{"n": 1}'})
    assert answer.json()["data"] == DATA
    head = await client.head("/graphql", params={**params, "variables": '{"n": 1}'})
    assert head.headers["content-type"] == answer.headers["content-type"]


@pytest.mark.parametrize("query", [DELETE, WATCH])
async def test_bar_42_get_changes_nothing(client, edge, query):
    for accept in ("application/json", GRAPHQL):
        answer = await client.get("/graphql", params={"query": query}, headers={"accept": accept})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert "data" not in answer.json()
    named = f"query A {{ __typename }} {query.replace(' {', ' B {', 1)}"
    answer = await client.get("/graphql", params={"query": named, "operationName": "B"})
    assert (answer.status_code, edge.caller.calls) == (405, [])


@pytest.mark.parametrize(
    "target",
    [
        "",
        "?query=",
        "?query=%FF",
        "?query={__typename}&query={__typename}",
        "?query={__typename}&variables=[1]",
        "?query={__typename}&variables={",
        '?query={__typename}&variables={"a":1,"a":1}',
        "?query={__typename}&extensions=5",
        "?" + "a&" * 501,
    ],
)
async def test_what_is_no_request_by_get_is_refused(client, target):
    answer = await client.get(f"/graphql{target}", headers={"accept": GRAPHQL})
    assert (answer.status_code, reason(answer)) == (400, "HTTP_REQUEST")


async def test_bar_42_a_cookie_by_get_needs_our_header(client, edge):
    for value in (None, ""):
        headers = {"cookie": "a=b"} | ({} if value is None else {"x-selvedge-csrf": value})
        refused = await client.get("/graphql", params={"query": QUERY}, headers=headers)
        assert (refused.status_code, refused.json()["reason"]) == (403, "CSRF")
        assert refused.headers["content-type"] == "application/problem+json"
    assert edge.caller.calls == []
    headers = {"cookie": "a=b", "x-selvedge-csrf": "1"}
    answer = await client.get("/graphql", params={"query": QUERY}, headers=headers)
    assert answer.json()["data"] == DATA
    posted = await client.post("/graphql", json={"query": QUERY}, headers={"cookie": "a=b"})
    assert posted.json()["data"] == DATA


async def test_r22_an_answer_to_get_may_be_kept_as_policy_says(client, edge):
    kept = {"query": "{ categories { nodes { displayName } } }"}
    edge.caller.handlers["ListCategories"] = lambda request: {"categories": []}
    answer = await client.get("/graphql", params=kept)
    assert answer.headers["cache-control"] == "max-age=30"
    assert "accept" in answer.headers["vary"]
    for query in ("{ __typename }", QUERY, "{ categories { nodes { displayName } } " + QUERY[1:]):
        answer = await client.get("/graphql", params={"query": query})
        assert answer.headers["cache-control"] == "no-store"
    edge.caller.failures["ListCategories"] = Unavailable("gone", remote=True)
    answer = await client.get("/graphql", params=kept)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


async def test_bar_40_an_answer_says_what_it_cost(client, edge):
    query = "{ products(first: 2) { nodes { title reviews(first: 1) { nodes { rating } } } } }"
    answer = await client.post("/graphql", json={"query": query})
    charge = edge.engine._documents.read(query).operation(None).charge({})
    assert answer.json()["extensions"]["cost"] == charge


async def test_a_body_that_does_not_arrive_in_time_is_refused(edge):
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)  # cut short by the bound

    async with client_of(edge, write_seconds=0.01) as client:
        answer = await client.post("/graphql", content=slow(), headers=JSON)
    assert answer.status_code == 408


async def test_whoever_leaves_in_mid_body_is_not_answered(edge):
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "headers": [(b"content-type", b"application/json")],
    }
    await app_of(edge)(scope, receive, send)
    assert sent == []


async def test_whoever_leaves_cancels_what_was_asked(edge):
    cancelled = asyncio.Event()

    async def hold(method, request, context):
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    edge.caller.unary = hold
    body = [{"type": "http.request", "body": b'{"query": "{ products { nodes { title } } }"}'}]

    async def receive():
        return body.pop() if body else {"type": "http.disconnect"}

    async def send(message):
        raise AssertionError(message)

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": headers}
    await asyncio.wait_for(app_of(edge)(scope, receive, send), 5)
    assert cancelled.is_set()
