import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from edge.config import EdgeSettings
from edge.middleware.context import request_context
from edge.middleware.server_timing import ServerTimingMiddleware
from mesh.deadline import Deadline

Ask = Callable[..., Awaitable[httpx.Response]]


async def test_an_answer_says_how_long_it_took(ask: Ask) -> None:
    answer = await ask(ServerTimingMiddleware(Response("x")), "GET", "/")
    assert re.fullmatch(r"total;dur=\d+\.\d", answer.headers["server-timing"])


async def test_and_how_long_its_calls_did(ask: Ask) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        request_context(scope, Deadline.after(1)).notes.upstream_seconds = 0.0123
        await Response("x")(scope, receive, send)

    answer = await ask(ServerTimingMiddleware(app), "GET", "/")
    told = answer.headers["server-timing"]
    assert re.fullmatch(r"total;dur=\d+\.\d, upstream;dur=12\.3", told)


@pytest.mark.parametrize(
    ("settings", "tells"),
    [({}, True), ({"profile": "production"}, False), ({"server_timing": False}, False),
     ({"profile": "production", "server_timing": True}, True)],
)  # fmt: skip
def test_it_is_for_development_unless_a_setting_says_so(
    settings: dict[str, Any], tells: bool
) -> None:
    assert EdgeSettings(**settings).tells_timing is tells
