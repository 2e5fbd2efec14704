"""`answer`: one whole HTTP answer as ASGI messages."""

from starlette.types import Send

from edge.errors import Headers


async def answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Sends an answer whose body is complete; adds its length."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
