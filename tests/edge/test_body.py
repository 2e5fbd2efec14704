"""Reading a body: however it comes, and however it does not."""

import asyncio
from typing import Any

import pytest

from edge.body import whole_body
from edge.errors import BodyTooSlow

LATE = object()


def receiving(*messages: Any) -> Any:
    """A `receive` that waits one turn of the loop wherever LATE stands; then for ever."""
    coming = iter(messages)

    async def receive() -> Any:
        message = next(coming, None)
        if message is LATE:
            await asyncio.sleep(0)
            await asyncio.get_running_loop().run_in_executor(None, int)
            message = next(coming, None)
        if message is None:
            await asyncio.Event().wait()
        return message

    return receive


def part(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


END: dict[str, Any] = {"type": "http.request"}
GONE = {"type": "http.disconnect"}


@pytest.mark.parametrize(
    ("messages", "body"),
    [
        ([part(b"ab")], b"ab"),
        ([END], b""),
        ([GONE], None),
        ([part(b"a", more=True), part(b"b")], b"ab"),
        ([part(b"a", more=True), LATE, part(b"", more=True), LATE, part(b"b")], b"ab"),
        ([part(b"a", more=True), LATE, GONE], None),
        ([LATE, part(b"ab")], b"ab"),
        ([LATE, part(b"a", more=True), part(b"b", more=True), END], b"ab"),
        ([LATE, GONE], None),
    ],
)
async def test_a_body_is_read_however_it_comes(messages: list[Any], body: bytes | None) -> None:
    assert await whole_body(receiving(*messages), 5) == body


@pytest.mark.parametrize(
    "messages", [[], [part(b"a", more=True)], [LATE], [LATE, part(b"a", True)]]
)
async def test_a_body_that_does_not_come_in_time_is_an_error(messages: list[Any]) -> None:
    with pytest.raises(BodyTooSlow):
        await whole_body(receiving(*messages), 0.01)


async def test_a_reader_that_is_cancelled_waits_no_more() -> None:
    closed = asyncio.Event()

    async def receive() -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            closed.set()

    reading = asyncio.create_task(whole_body(receive, 5))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert closed.is_set()


async def test_what_receiving_raises_is_raised() -> None:
    async def receive() -> Any:
        await asyncio.sleep(0)
        raise KeyError("a")

    with pytest.raises(KeyError):
        await whole_body(receive, 5)
