"""`answer`: one whole HTTP answer as ASGI messages."""

from starlette.types import Send

from edge.errors import Headers

WITHOUT_BODY = frozenset({204, 304})
"""Statuses that never have one, and say no length (RFC 9110, 8.6)."""


async def answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Sends an answer whose body is complete; adds its length. A server drops the body for HEAD."""
    if status not in WITHOUT_BODY:
        headers = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
