"""`Server-Timing`: how long an answer took, in all and in calls (W3C Server Timing)."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.call import Notes
from edge.middleware.context import NOTES


class ServerTimingMiddleware:
    """Says the times until an answer begins; for developers, since they tell of the inside."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                header = (b"server-timing", _told(time.perf_counter() - began, scope.get(NOTES)))
                message = {**message, "headers": [*message["headers"], header]}
            await send(message)

        await self.app(scope, receive, timed)


def _told(seconds: float, notes: Notes | None) -> bytes:
    total = b"total;dur=%.1f" % (seconds * 1e3)
    if notes is None or not notes.upstream_seconds:
        return total
    return b"%b, upstream;dur=%.1f" % (total, notes.upstream_seconds * 1e3)
