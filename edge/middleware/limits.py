"""Bounds on what a client may send: target, header section, body."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.errors import BodyTooLarge, HeadersTooLarge, TargetTooLong
from mesh.errors import InvalidArgument


class LimitsMiddleware:
    """Refuses what is longer than the settings allow.

    A body that does not say its length is counted while it is read.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        body_bytes_max: int,
        header_bytes_max: int,
        headers_max: int,
        target_bytes_max: int,
    ) -> None:
        self.app = app
        self._headers = headers_max
        self._body = body_bytes_max
        self._header = header_bytes_max
        self._target = target_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request or socket.

        Raises:
            TargetTooLong, HeadersTooLarge, BodyTooLarge: as their names say.
            InvalidArgument: the length of the body is no number.
        """
        if scope["type"] != "lifespan":
            if len(scope["raw_path"]) + len(scope["query_string"]) > self._target:
                raise TargetTooLong(f"path and query may have {self._target} bytes")
            if not self._check_headers(scope["headers"]):
                receive = self._counted(receive)
        await self.app(scope, receive, send)

    def _check_headers(self, headers: list[tuple[bytes, bytes]]) -> bool:
        """Says whether the headers tell the length of the body."""
        if len(headers) > self._headers:
            raise HeadersTooLarge(f"a request may have {self._headers} header fields")
        size, told = 0, False
        for name, value in headers:
            size += len(name) + len(value)
            if name == b"content-length":
                told = True
                self._check_length(value)
        if size > self._header:
            raise HeadersTooLarge(f"the header section may have {self._header} bytes")
        return told

    def _check_length(self, value: bytes) -> None:
        if not value.isdigit():
            raise InvalidArgument("Content-Length is no number")
        if int(value) > self._body:
            raise self._too_large()

    def _counted(self, receive: Receive) -> Receive:
        left = self._body

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise self._too_large()
            return message

        return counted

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"the body may have {self._body} bytes")
