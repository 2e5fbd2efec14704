from collections.abc import Callable
from typing import Any

import pytest
from google.api import httpbody_pb2

NOTE, WATCH = "/v1/notes/1", "/v1/notes:watch"


@pytest.fixture
def exchange(desk: Callable[..., Any]) -> Any:
    made = desk()
    made.caller.answers |= {"GetNote": b"", "CreateNote": b"", "WatchNotes": []}
    return made


@pytest.mark.parametrize(
    ("accept", "status"),
    [("*/*", 200), ("application/json", 200), ("text/html, */*;q=0.1", 200), (None, 200),
     ("text/html", 406), ("application/xml, text/event-stream", 406),
     ("application/json;q=0", 406)],
)  # fmt: skip
async def test_an_answer_is_json_or_406(exchange: Any, accept: str | None, status: int) -> None:
    headers = {"accept": accept} if accept is not None else {"accept": ""}
    answer = await exchange("GET", NOTE, headers=headers)
    assert answer.status_code == status
    if status == 406:
        assert (answer.json()["title"], exchange.caller.asked) == ("Not acceptable", [])


async def test_406_comes_before_the_call_of_a_write(exchange: Any) -> None:
    answer = await exchange("POST", "/v1/notes", json={}, headers={"accept": "text/html"})
    assert (answer.status_code, exchange.caller.asked) == (406, [])


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/x-ndjson"), ("application/x-ndjson", "application/x-ndjson"),
        ("application/json", "application/x-ndjson"), ("text/event-stream", "text/event-stream"),
        ("text/event-stream, */*", "text/event-stream"), ("text/*", "text/event-stream"),
        ("text/event-stream;q=0.5, application/x-ndjson", "application/x-ndjson"),
        ("text/event-stream, application/x-ndjson", "text/event-stream"), ("text/html", None),
        ("text/event-stream;q=0", None), ("text/event-stream;q=0, */*", "application/x-ndjson"),
    ],
)  # fmt: skip
async def test_r21_a_stream_is_events_where_they_are_asked_for(
    exchange: Any, accept: str, kind: str | None
) -> None:
    for verb in ("GET", "HEAD"):
        answer = await exchange(verb, WATCH, headers={"accept": accept})
        assert answer.status_code == (406 if kind is None else 200)
        assert answer.headers["content-type"] == (kind or "application/problem+json")


async def test_the_owner_of_a_body_says_its_type(rest: Callable[..., Any]) -> None:
    exchange = rest()
    body = httpbody_pb2.HttpBody(content_type="image/png", data=b"\x89PNG")
    exchange.caller.answers["Download"] = body.SerializeToString()
    answer = await exchange("GET", "/v1/files/a:download", headers={"accept": "image/png"})
    assert (answer.status_code, answer.content) == (200, b"\x89PNG")


async def test_head_is_get_without_the_body(exchange: Any) -> None:
    got, head = [await exchange(verb, NOTE) for verb in ("GET", "HEAD")]
    assert head.status_code == 200
    assert dict(head.headers) == dict(got.headers)
