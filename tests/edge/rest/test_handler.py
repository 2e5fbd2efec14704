import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from google.api import httpbody_pb2

from edge.contracts.model import Contracts
from mesh.contracts import READ_DEADLINE_SECONDS
from mesh.errors import DataLoss, NotFound, Unavailable

Rest = Callable[..., Any]
THING = "/v1/shelves/1/things/2"


def thing(oracle: Any, **fields: object) -> bytes:
    data: bytes = oracle.message("probe.v1.Thing", fields).SerializeToString()
    return data


async def test_a_get_is_a_call_and_its_answer_json(rest: Rest, probe_oracle: Any) -> None:
    exchange = rest()
    exchange.caller.answers["GetThing"] = thing(probe_oracle, title="x", weight=3)
    answer = await exchange("GET", f"{THING}?read_as=me")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {
        "name": "", "title": "x", "tags": [], "counts": {}, "line1": "", "etag": "", "weight": 3,
    }  # fmt: skip
    asked = probe_oracle.read("probe.v1.GetThingRequest", exchange.request)
    assert asked == {"name": "shelves/1/things/2", "readAs": "me"}


async def test_r18_defaults_can_be_left_out(rest: Rest, probe_oracle: Any) -> None:
    exchange = rest(rest_defaults="omit")
    exchange.caller.answers["GetThing"] = thing(probe_oracle, title="x")
    assert (await exchange("GET", THING)).json() == {"title": "x"}


async def test_an_empty_answer_is_an_empty_object(rest: Rest) -> None:
    exchange = rest()
    exchange.caller.answers["DeleteThing"] = b""
    answer = await exchange("DELETE", THING)
    assert (answer.status_code, answer.content) == (200, b"{}")


async def test_the_context_bounds_and_routes_the_call(rest: Rest, probe_oracle: Any) -> None:
    exchange = rest(read_seconds=1.5)
    exchange.caller.answers["GetThing"] = b""
    await exchange("GET", THING)
    _, _, context = exchange.caller.asked[0]
    assert 1.0 < context.deadline.remaining() <= 1.5
    assert context.metadata == (("x-goog-request-params", "name=shelves%2F1%2Fthings%2F2"),)


@pytest.mark.parametrize(
    ("verb", "target", "seconds"),
    [("GET", THING, READ_DEADLINE_SECONDS), ("PUT", THING, 10.0), ("GET", "/v1/ask", 2.0)],
)
async def test_reads_and_writes_have_their_own_time(
    rest: Rest, verb: str, target: str, seconds: float
) -> None:
    exchange = rest()
    exchange.caller.answers |= {"GetThing": b"", "UpdateThing": b"", "Ask": b""}
    await exchange(verb, target)
    remaining = exchange.caller.asked[0][2].deadline.remaining()
    assert seconds - 0.5 < remaining <= seconds


async def test_r24_paths_and_methods_that_are_not_there(rest: Rest) -> None:
    exchange = rest()
    missing = await exchange("GET", "/v1/nowhere")
    assert (missing.status_code, missing.json()["code"]) == (404, "NOT_FOUND")
    refused = await exchange("POST", THING)
    assert refused.status_code == 405
    assert refused.headers["allow"] == "DELETE, GET, HEAD, PATCH, PUT"
    assert exchange.caller.asked == []


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (None, 200),
        ("application/json", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("application/merge-patch+json", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
    ],
)
async def test_r24_a_body_is_json(rest: Rest, content_type: str | None, status: int) -> None:
    exchange = rest()
    exchange.caller.answers["MakeThing"] = b""
    headers = {"content-type": content_type} if content_type else {}
    answer = await exchange("POST", "/v1/things", content=b'{"title":"x"}', headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(("coding", "status"), [("gzip", 415), ("br", 415), ("Identity", 200)])
async def test_a_body_has_no_content_coding(rest: Rest, coding: str, status: int) -> None:
    exchange = rest()
    exchange.caller.answers["MakeThing"] = b""
    headers = {"content-type": "application/json", "content-encoding": coding}
    answer = await exchange("POST", "/v1/things", content=b'{"title":"x"}', headers=headers)
    assert (answer.status_code, len(exchange.caller.asked)) == (status, int(status == 200))
    assert answer.headers.get("accept-encoding") == (None if status == 200 else "identity")


async def test_a_response_body_is_one_field(rest: Rest, probe_oracle: Any) -> None:
    exchange = rest()
    message = probe_oracle.message("probe.v1.Everything", {"texts": ["a", "b"], "count": 1})
    exchange.caller.answers["ListNames"] = message.SerializeToString()
    assert (await exchange("GET", "/v1/names")).json() == ["a", "b"]
    exchange.caller.answers["ListNames"] = b""
    assert (await exchange("GET", "/v1/names")).json() == []
    omitting = rest(rest_defaults="omit")
    assert (await omitting("GET", "/v1/names")).json() == []


async def test_an_http_body_is_answered_as_it_is(rest: Rest) -> None:
    exchange = rest()
    body = httpbody_pb2.HttpBody(content_type="image/png", data=b"\x89PNG")
    exchange.caller.answers["Download"] = body.SerializeToString()
    answer = await exchange("GET", "/v1/files/a/b:download")
    assert (answer.headers["content-type"], answer.content) == ("image/png", b"\x89PNG")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_content_type_cannot_write_headers(rest: Rest) -> None:
    exchange = rest()
    body = httpbody_pb2.HttpBody(content_type="text/plain\r\nset-cookie: a=b", data=b"x")
    exchange.caller.answers["Download"] = body.SerializeToString()
    answer = await exchange("GET", "/v1/files/a/b:download")
    assert (answer.status_code, "cookie" in answer.text) == (500, False)


async def test_r21_a_stream_is_a_line_an_answer(rest: Rest, probe_oracle: Any) -> None:
    exchange = rest(rest_defaults="omit")
    exchange.caller.answers["Watch"] = [thing(probe_oracle, title=t) for t in "ab"]
    answer = await exchange("GET", "/v1/things:watch")
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == [{"result": {"title": "a"}}, {"result": {"title": "b"}}]


async def test_r21_an_error_on_the_way_is_the_last_line(rest: Rest, probe_oracle: Any) -> None:
    for errors, code in [("problem", "DATA_LOSS"), ("google", 500)]:
        exchange = rest(rest_errors=errors)
        exchange.caller.answers["Watch"] = [thing(probe_oracle), DataLoss("gone")]
        answer = await exchange("GET", "/v1/things:watch")
        last = json.loads(answer.text.splitlines()[-1])
        assert (answer.status_code, last["error"]["code"]) == (200, code)


async def test_r21_an_error_at_the_start_is_a_plain_problem(rest: Rest) -> None:
    exchange = rest()
    exchange.caller.answers["Watch"] = [NotFound("nothing to watch")]
    answer = await exchange("GET", "/v1/things:watch")
    assert (answer.status_code, answer.json()["detail"]) == (404, "nothing to watch")


async def test_a_stream_without_answers_is_empty(rest: Rest) -> None:
    exchange = rest()
    exchange.caller.answers["Watch"] = []
    answer = await exchange("GET", "/v1/things:watch")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_head_of_a_stream_starts_none(rest: Rest) -> None:
    exchange = rest()
    answer = await exchange("HEAD", "/v1/things:watch")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    assert exchange.caller.asked == []


async def test_a_body_cut_short_is_no_request(rest: Rest) -> None:
    exchange = rest()
    messages = iter([{"type": "http.request", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(messages)

    async def send(message: object) -> None:
        pass

    scope = {
        "type": "http", "method": "POST", "path": "/v1/things", "raw_path": b"/v1/things",
        "query_string": b"", "headers": [],
    }  # fmt: skip
    await exchange.handler(scope, receive, send)
    assert exchange.caller.asked == []


async def test_errors_of_the_upstream_are_problems(rest: Rest) -> None:
    exchange = rest()
    exchange.caller.answers["GetThing"] = Unavailable("later", retry_after_seconds=1.2)
    answer = await exchange("GET", THING)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["instance"] == THING


@pytest.mark.parametrize("target", [THING, "/v1/things:watch"])
async def test_a_client_that_leaves_ends_the_call(
    probe: Contracts, exchange_of: Callable[..., Any], endless: Any, target: str
) -> None:
    handler = exchange_of(probe, endless).handler
    sent: list[object] = []
    messages: asyncio.Queue[dict[str, object]] = asyncio.Queue()

    async def send(message: object) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": target, "raw_path": target.encode(),
        "query_string": b"", "headers": [],
    }  # fmt: skip
    work = asyncio.create_task(handler(scope, messages.get, send))
    await endless.started.wait()
    messages.put_nowait({"type": "http.disconnect"})
    async with asyncio.timeout(2):
        await endless.ended.wait()
        await work
    assert sent == []


async def test_a_cancelled_server_task_stays_cancelled(
    probe: Contracts, exchange_of: Callable[..., Any], endless: Any
) -> None:
    work = asyncio.create_task(exchange_of(probe, endless)("GET", THING))
    await endless.started.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert endless.ended.is_set()


async def test_a_body_that_does_not_arrive_in_time_is_refused(rest: Rest) -> None:
    exchange = rest(write_seconds=0.01)

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(1)  # cut short by the deadline
        yield b"}"

    answer: httpx.Response = await exchange("POST", "/v1/things", content=slow())
    assert (answer.status_code, answer.json()["code"]) == (408, "DEADLINE_EXCEEDED")
