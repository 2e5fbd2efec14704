"""Errors that nobody else answered: the client gets a problem, never a stack trace."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.answer import answer
from edge.errors import ErrorContext, NoSuchPath, as_mesh_error, problem
from edge.middleware.context import error_context
from mesh.errors import InvalidArgument

POLICY = 1008
"""Close code of a socket whose request breaks a rule of ours (RFC 6455, 7.4.1)."""
DENIAL = "websocket.http.response"
"""ASGI's extension by which a socket that does not open has an answer."""


class LastResortMiddleware:
    """Answers an error that came through everything else (R14); such an error is logged whole."""

    def __init__(self, app: ASGIApp, *, google: bool = False) -> None:
        self.app = app
        self._google = google

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request or socket."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if started:
                raise
            await answer(send, *problem(as_mesh_error(error), self._context(scope)))

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a socket that is refused before it opens as any request is.

        Where the server cannot, the socket is closed, which its client sees as 403.
        """
        try:
            await self.app(scope, receive, send)
        except (InvalidArgument, NoSuchPath) as error:
            if DENIAL in scope.get("extensions", ()):
                await answer(_denying(send), *problem(error, self._context(scope)))
            else:
                await send({"type": "websocket.close", "code": POLICY, "reason": error.message})

    def _context(self, scope: Scope) -> ErrorContext:
        return error_context(scope, google=self._google)


def _denying(send: Send) -> Send:
    """Returns a `send` for the answer to a socket that does not open."""

    async def denying(message: Message) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    return denying
