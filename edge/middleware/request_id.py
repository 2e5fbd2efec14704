"""Every request has an id: its caller's if that is sane, else a new one; the answer repeats it."""

import re
import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mesh.metadata import REQUEST_ID, request_id

_HEADER = REQUEST_ID.encode()
_SANE = re.compile(rb"[\x21-\x7e]{1,128}")
_KEY = "selvedge.request_id"


class RequestIdMiddleware:
    """Gives each request its id, in the scope, in the context of log lines, and in the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        found = _given(scope) or secrets.token_hex(16)
        scope[_KEY] = found
        header = (_HEADER, found.encode())

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        token = request_id.set(found)
        try:
            await self.app(scope, receive, tell)
        finally:
            request_id.reset(token)


def request_id_of(scope: Scope) -> str:
    """Returns the id of a request; empty where the middleware is not in the list."""
    found: str = scope.get(_KEY, "")
    return found


def _given(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == _HEADER and _SANE.fullmatch(value):
            return str(value, "ascii")
    return ""
