from collections.abc import Callable
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.model import Contracts
from edge.errors import RangeNotSatisfiable
from edge.rest.download import body_tag, part_of
from edge.wire import delimited
from mesh.errors import DataLoss, NotFound
from tests.edge.conftest import Exchange, ScriptedCaller

DATA = b"0123456789"
TAG = body_tag(DATA)


@pytest.fixture
def exchange(
    files: Contracts, caller: ScriptedCaller, exchange_of: Callable[..., Exchange]
) -> Exchange:
    body = HttpBody(content_type="text/plain", data=DATA).SerializeToString()
    caller.answers |= {"Get": body, "Show": delimited((2,), body)}
    return exchange_of(files, caller)


@pytest.mark.parametrize(
    ("asked", "status", "body", "told"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=8-", 206, b"89", "bytes 8-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, DATA, "bytes 0-9/10"),
        ("bytes=9-99", 206, b"9", "bytes 9-9/10"),
        ("Bytes = 1-1", 206, b"1", "bytes 1-1/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=-0", 416, None, "bytes */10"),
        ("bytes=3-1", 200, DATA, None),
        ("bytes=-", 200, DATA, None),
        ("bytes=0-1,3-4", 200, DATA, None),
        ("bytes=a-b", 200, DATA, None),
        ("bytes=" + "9" * 30 + "-", 200, DATA, None),
        ("lines=0-1", 200, DATA, None),
        (None, 200, DATA, None),
    ],
)
async def test_a_range_of_a_body(
    exchange: Exchange, asked: str | None, status: int, body: bytes | None, told: str | None
) -> None:
    answer = await exchange("GET", "/v1/files/a", headers={"range": asked} if asked else {})
    assert (answer.status_code, answer.headers.get("content-range")) == (status, told)
    if body is None:
        assert answer.headers["content-type"] == "application/problem+json"
    else:
        assert (answer.content, answer.headers["content-type"]) == (body, "text/plain")
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["etag"] == TAG.decode()


async def test_if_range_gives_the_whole_of_another_body(exchange: Exchange) -> None:
    for tag, status in [(TAG.decode(), 206), ('"other"', 200), (f"W/{TAG.decode()}", 200)]:
        headers = {"range": "bytes=0-0", "if-range": tag}
        assert (await exchange("GET", "/v1/files/a", headers=headers)).status_code == status


async def test_a_body_that_the_client_has_is_not_sent(exchange: Exchange) -> None:
    headers = {"if-none-match": TAG.decode(), "range": "bytes=0-0"}
    answer = await exchange("GET", "/v1/files/a", headers=headers)
    assert (answer.status_code, answer.content) == (304, b"")


async def test_head_ignores_ranges(exchange: Exchange) -> None:
    answer = await exchange("HEAD", "/v1/files/a", headers={"range": "bytes=0-0"})
    assert (answer.status_code, answer.headers["content-length"]) == (200, "10")


async def test_a_response_body_may_be_raw(exchange: Exchange) -> None:
    answer = await exchange("GET", "/v1/files/a:show", headers={"range": "bytes=1-2"})
    assert (answer.status_code, answer.content) == (206, b"12")


@given(st.binary(max_size=9), st.integers(0, 12), st.integers(0, 12))
def test_ranges_put_together_are_the_body(body: bytes, cut: int, end: int) -> None:
    parts = []
    for asked in (b"bytes=0-%d" % cut, b"bytes=%d-" % (cut + 1)):
        try:
            parts.append(part_of(body, b"", {b"range": asked}).body)
        except RangeNotSatisfiable:
            parts.append(b"")
    assert b"".join(parts) == body


def bodies(*pieces: bytes, kind: str = "text/csv") -> list[bytes]:
    messages = [HttpBody(data=piece) for piece in pieces]
    messages[0].content_type = kind
    return [message.SerializeToString() for message in messages]


@pytest.mark.parametrize("method", ["download", "follow"])
async def test_a_stream_of_bodies_is_one_body_of_the_first_ones_type(
    exchange: Exchange, method: str
) -> None:
    told: list[Any] = bodies(b"a,b\n", b"", b"1,2\n")
    exchange.caller.answers["Download"] = told
    exchange.caller.answers["Follow"] = [delimited((2,), body) for body in told]
    answer = await exchange("GET", f"/v1/files/a:{method}", headers={"range": "bytes=0-0"})
    assert (answer.status_code, answer.content) == (200, b"a,b\n1,2\n")
    assert (answer.headers["content-type"], answer.headers["accept-ranges"]) == ("text/csv", "none")
    head = await exchange("HEAD", f"/v1/files/a:{method}")
    assert (head.content, head.headers["content-type"]) == (b"", "text/csv")


async def test_a_stream_that_fails_at_its_start_is_a_problem(exchange: Exchange) -> None:
    exchange.caller.answers["Download"] = [NotFound("no such file")]
    assert (await exchange("GET", "/v1/files/a:download")).status_code == 404
    exchange.caller.answers["Download"] = bodies(b"x", kind="a/b\r\nset-cookie: c=d")
    answer = await exchange("GET", "/v1/files/a:download")
    assert (answer.status_code, "cookie" in answer.text) == (500, False)


async def test_a_stream_without_answers_is_an_empty_body(exchange: Exchange) -> None:
    exchange.caller.answers["Download"] = []
    answer = await exchange("GET", "/v1/files/a:download")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_stream_that_fails_on_its_way_never_ends_its_body(exchange: Exchange) -> None:
    exchange.caller.answers["Download"] = [*bodies(b"half"), DataLoss("gone")]
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {
        "type": "http", "method": "GET", "path": "/v1/files/a:download", "query_string": b"",
        "raw_path": b"/v1/files/a:download", "headers": [],
    }  # fmt: skip
    await exchange.handler(scope, receive, send)
    assert [message.get("more_body") for message in sent[1:]] == [True]
