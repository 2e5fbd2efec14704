import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from edge.contracts.model import Contracts, Method
from mesh.errors import DataLoss, NotFound, Unavailable

WATCH, TAIL, FOLLOW = "/v1/notes:watch", "/v1/notes:tail", "/v1/notes:follow"
EVENTS = {"accept": "text/event-stream"}


def events_of(text: str) -> list[dict[str, str]]:
    """The events as a browser reads them (HTML, 9.2.6): fields of blocks, comments left out."""
    blocks = (block.split("\n") for block in text.split("\n\n") if block)
    lines = [[line for line in block if not line.startswith(":")] for block in blocks]
    return [dict(line.split(": ", 1) for line in block) for block in lines if block]


@pytest.fixture
def exchange(desk: Callable[..., Any], kinds: Callable[[str], Any]) -> Any:
    made = desk(rest_defaults="omit")
    watched, tailed = kinds("WatchNotesResponse"), kinds("TailNotesResponse")
    made.caller.answers |= {
        "WatchNotes": [
            watched(note={"title": t}, resume_token=f"at-{t}").SerializeToString() for t in "ab"
        ],
        "TailNotes": [tailed(note={"title": "a"}, next_cursor=b"\xff\n1").SerializeToString()],
        "FollowNotes": [kinds("Note")(title="a\nb").SerializeToString()],
    }
    return made


async def test_r21_answers_are_events_with_their_cursor(exchange: Any) -> None:
    answer = await exchange("GET", WATCH, headers=EVENTS)
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-store"
    assert "content-length" not in answer.headers
    opening, *events = events_of(answer.text)
    assert opening == {"retry": "2000"}
    assert [event.pop("id") for event in events] == ["at-a", "at-b"]
    assert [json.loads(event.pop("data")) for event in events] == [
        {"note": {"title": title}, "resumeToken": f"at-{title}"} for title in "ab"
    ]
    assert events == [{}, {}]


async def test_r21_without_a_cursor_an_event_has_no_id(exchange: Any) -> None:
    _, event = events_of((await exchange("GET", FOLLOW, headers=EVENTS)).text)
    assert event == {"data": '{"title":"a\\nb"}'}


async def test_r21_the_last_event_id_is_the_requests_cursor(exchange: Any, kinds: Any) -> None:
    read = kinds("WatchNotesRequest").FromString
    for accept in (EVENTS, {}):
        await exchange("GET", WATCH, headers={**accept, "last-event-id": "at-a"})
        assert read(exchange.request).resume_token == "at-a"
    await exchange("GET", f"{WATCH}?resume_token=older", headers={"last-event-id": "at-a"})
    assert read(exchange.request).resume_token == "at-a"
    await exchange("GET", f"{WATCH}?resume_token=older")
    assert read(exchange.request).resume_token == "older"


async def test_r21_a_cursor_may_be_bytes(exchange: Any, kinds: Any) -> None:
    _, event = events_of((await exchange("GET", TAIL, headers=EVENTS)).text)
    assert base64.b64decode(event["id"]) == b"\xff\n1"
    await exchange("GET", TAIL, headers={"last-event-id": event["id"]})
    assert kinds("TailNotesRequest").FromString(exchange.request).cursor == b"\xff\n1"


@pytest.mark.parametrize(
    ("target", "event_id"), [(TAIL, b"no base64"), (TAIL, b"\xff"), (WATCH, b"\xff")]
)
async def test_r21_what_is_no_id_is_invalid(exchange: Any, target: str, event_id: bytes) -> None:
    answer = await exchange("GET", target, headers={**EVENTS, "last-event-id": event_id})
    assert (answer.status_code, exchange.caller.asked) == (400, [])


async def test_r21_an_id_holds_one_line(exchange: Any, kinds: Any) -> None:
    made = kinds("WatchNotesResponse")
    exchange.caller.answers["WatchNotes"] = [
        made(resume_token=token).SerializeToString() for token in ("a\nevent: x", "a\rb", "", "é")
    ]
    events = events_of((await exchange("GET", WATCH, headers=EVENTS)).text)[1:]
    assert [event.get("id") for event in events] == [None, None, None, "é"]


async def test_r21_an_error_on_the_way_is_the_last_event(exchange: Any, kinds: Any) -> None:
    first = kinds("WatchNotesResponse")(resume_token="1").SerializeToString()
    exchange.caller.answers["WatchNotes"] = [first, DataLoss("gone")]
    *_, last = events_of((await exchange("GET", WATCH, headers=EVENTS)).text)
    assert last["event"] == "error"
    problem = json.loads(last["data"])
    assert (problem["status"], problem["code"], problem["instance"]) == (500, "DATA_LOSS", WATCH)


async def test_r21_an_error_says_when_to_come_back(exchange: Any) -> None:
    away = Unavailable("the service ends", retry_after_seconds=0.5)
    exchange.caller.answers["WatchNotes"] = [b"", away]
    *_, last = events_of((await exchange("GET", WATCH, headers=EVENTS)).text)
    assert (last["event"], last["retry"]) == ("error", "500")


async def test_r21_an_error_at_the_start_is_a_plain_problem(exchange: Any) -> None:
    exchange.caller.answers["WatchNotes"] = [NotFound("no notes")]
    answer = await exchange("GET", WATCH, headers=EVENTS)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_r21_a_resumed_stream_that_is_over_is_204(exchange: Any) -> None:
    exchange.caller.answers["WatchNotes"] = []
    assert (await exchange("GET", WATCH, headers=EVENTS)).status_code == 200
    over = await exchange("GET", WATCH, headers={**EVENTS, "last-event-id": "at-b"})
    assert (over.status_code, over.content) == (204, b"")
    assert "content-length" not in over.headers


class Script:
    """Streams what a test puts in; None ends it."""

    def __init__(self) -> None:
        self.coming: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.closed = asyncio.Event()

    def serves(self, service: str) -> bool:
        return True

    async def stream(self, method: Method, request: bytes, context: Any) -> AsyncIterator[bytes]:
        try:
            while (message := await self.coming.get()) is not None:
                yield message
        finally:
            self.closed.set()


@pytest.fixture
def open_stream(desk_contracts: Contracts, exchange_of: Callable[..., Any]) -> Callable[..., Any]:
    def start(script: Script, accept: bytes, send: Any, **settings: object) -> Any:
        handler = exchange_of(desk_contracts, script, **settings).handler
        scope = {
            "type": "http", "method": "GET", "path": FOLLOW, "raw_path": FOLLOW.encode(),
            "query_string": b"", "headers": [(b"accept", accept)],
        }  # fmt: skip
        received: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        return asyncio.create_task(handler(scope, received.get, send)), received

    return start


@pytest.fixture
async def script() -> Script:
    return Script()


async def test_r21_a_silent_stream_of_events_says_that_it_lives(
    open_stream: Callable[..., Any], script: Script
) -> None:
    sent: asyncio.Queue[Any] = asyncio.Queue()
    work, _ = open_stream(script, b"text/event-stream", sent.put, stream_heartbeat_seconds=0.01)
    script.coming.put_nowait(b"")
    got: list[bytes] = []
    async with asyncio.timeout(5):
        while got.count(b":\n\n") < 2:
            got.append((await sent.get()).get("body"))
        script.coming.put_nowait(None)
        await work
    assert got[:2] == [None, b"retry: 2000\n\n"]
    assert got[2].startswith(b"data: ")
    assert got[3:] == [b":\n\n"] * 2
    assert script.closed.is_set()


async def test_r21_a_slow_consumer_is_waited_for(
    open_stream: Callable[..., Any], script: Script
) -> None:
    ready: asyncio.Semaphore = asyncio.Semaphore(0)
    sent: asyncio.Queue[Any] = asyncio.Queue()

    async def slow(message: Any) -> None:
        await ready.acquire()
        sent.put_nowait(message)

    work, _ = open_stream(script, b"text/event-stream", slow)
    for _ in range(3):
        script.coming.put_nowait(b"")
    script.coming.put_nowait(None)
    async with asyncio.timeout(5):
        for _ in range(3):
            ready.release()
            await sent.get()
        assert script.coming.qsize() >= 2  # what nobody took yet stays with its owner
        for _ in range(3):
            ready.release()
        await work
    last = [sent.get_nowait() for _ in range(sent.qsize())][-1]
    assert last == {"type": "http.response.body", "body": b""}


@pytest.mark.parametrize("accept", [b"text/event-stream", b"*/*"])
async def test_r21_a_client_that_leaves_between_events_ends_the_call(
    open_stream: Callable[..., Any], script: Script, accept: bytes
) -> None:
    sent: asyncio.Queue[Any] = asyncio.Queue()
    work, received = open_stream(script, accept, sent.put)
    script.coming.put_nowait(b"")
    async with asyncio.timeout(5):
        while b"{" not in (await sent.get()).get("body", b""):
            pass
        received.put_nowait({"type": "http.disconnect"})
        await work
    assert script.closed.is_set()
