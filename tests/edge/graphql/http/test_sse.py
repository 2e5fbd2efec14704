"""GraphQL over server-sent events, one connection an operation."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from edge.graphql.engine import Answer
from edge.graphql.http import sse
from mesh.errors import Unavailable
from tests.edge.graphql.serving import (
    DATA,
    DELETE,
    QUERY,
    WATCH,
    app_of,
    client_of,
    reason,
    served,
    stock,
)

ACCEPT = {"accept": "text/event-stream"}
Event = tuple[str, Any]


def events(text: str) -> list[Event]:
    """The events of a stream, without its comments."""
    found = []
    for block in text.split("\n\n")[:-1]:
        fields = dict(line.split(":", 1) for line in block.split("\n"))
        if "event" in fields:
            data = fields["data"].strip()
            found.append((fields["event"].strip(), json.loads(data) if data else None))
    return found


@pytest.fixture
async def client(edge):
    async with client_of(edge) as client:
        yield client


async def watch(request: Any) -> AsyncIterator[dict[str, object]]:
    yield stock(1)
    yield stock(2)


async def test_r3_a_subscription_is_a_stream_of_events(client, edge):
    edge.caller.handlers["WatchStock"] = watch
    for answer in (
        await client.post("/graphql", json={"query": WATCH}, headers=ACCEPT),
        await client.get("/graphql", params={"query": WATCH}, headers=ACCEPT),
    ):
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        *found, last = events(answer.text)
        numbers = [said["data"]["watchStock"]["available"] for _, said in found]
        assert ([kind for kind, _ in found], numbers) == (["next", "next"], [1, 2])
        assert last == ("complete", None)


@pytest.mark.parametrize(
    "accept", ["application/json, text/event-stream", "application/json, text/event-stream;q=0.1"]
)
async def test_who_takes_both_gets_events_for_subscriptions_alone(client, edge, accept):
    edge.caller.handlers["WatchStock"] = watch
    headers = {"accept": accept}
    answer = await client.post("/graphql", json={"query": WATCH}, headers=headers)
    assert len(events(answer.text)) == 3
    answer = await client.post("/graphql", json={"query": QUERY}, headers=headers)
    assert answer.json()["data"] == DATA


async def test_a_query_or_a_mutation_is_one_event(client):
    for query, data in ((QUERY, DATA), (DELETE, {"deleteProduct": {}})):
        answer = await client.post("/graphql", json={"query": query}, headers=ACCEPT)
        (kind, said), last = events(answer.text)
        assert (kind, said["data"], last) == ("next", data, ("complete", None))


@pytest.mark.parametrize("query", ["{", "{ nothing }", "query A {a} query B {a}"])
async def test_a_refused_document_is_an_event(client, query):
    answer = await client.post("/graphql", json={"query": query}, headers=ACCEPT)
    (kind, said), last = events(answer.text)
    assert (answer.status_code, kind, last[0]) == (200, "next", "complete")
    assert list(said) == ["errors"]


async def test_what_is_no_request_is_not_answered_by_events(client):
    answer = await client.post("/graphql", json={}, headers=ACCEPT)
    assert (answer.status_code, reason(answer)) == (400, "HTTP_REQUEST")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


async def test_bar_42_get_changes_nothing_by_events_either(client, edge):
    answer = await client.get("/graphql", params={"query": DELETE}, headers=ACCEPT)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    headers = {**ACCEPT, "cookie": "a=b"}
    answer = await client.get("/graphql", params={"query": WATCH}, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (403, "CSRF")
    assert edge.caller.calls == []


async def test_r14_a_stream_that_breaks_says_why(client, edge):
    async def breaks(request: Any) -> AsyncIterator[dict[str, object]]:
        yield stock(1)
        raise Unavailable("inventory is away", reason="DRAINING")

    edge.caller.handlers["WatchStock"] = breaks
    answer = await client.post("/graphql", json={"query": WATCH}, headers=ACCEPT)
    (_, first), (kind, said), last = events(answer.text)
    assert first["data"]["watchStock"]["available"] == 1
    assert (kind, said["errors"][0]["extensions"]["reason"]) == ("next", "DRAINING")
    assert last == ("complete", None)


@pytest.mark.slow
async def test_whoever_leaves_cancels_the_call(edge):
    left = asyncio.Event()

    async def waits(request: Any) -> AsyncIterator[dict[str, object]]:
        try:
            yield stock(1)
            await asyncio.Event().wait()
        finally:
            left.set()

    edge.caller.handlers["WatchStock"] = waits
    async with served(app_of(edge)) as host, httpx.AsyncClient() as client:
        url = f"http://{host}/graphql"
        asked = client.stream("POST", url, json={"query": WATCH}, headers=ACCEPT)
        async with asked as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data:"):
                    break
        await asyncio.wait_for(left.wait(), 5)


async def test_a_quiet_stream_keeps_its_connection():
    sent: list[bytes] = []
    beats = asyncio.Event()

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))
        if sent.count(b":\n\n") == 3:
            beats.set()

    async def answers() -> AsyncIterator[Answer]:
        await beats.wait()
        yield Answer(b'{"data":null}')

    await asyncio.wait_for(sse.send_events(send, answers(), [], 0.001), 5)
    assert sent[-2:] == [b'event: next\ndata: {"data":null}\n\n', b"event: complete\ndata:\n\n"]
