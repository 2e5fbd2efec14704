"""Bounds on what a client may send: target, header section, body."""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.errors import BodyTooLarge, HeadersTooLarge, TargetTooLong
from mesh.errors import InvalidArgument

TakesUpload = Callable[[str, str], bool]
"""Says whether a verb and a raw path name a method that takes a body of any length in pieces."""


class LimitsMiddleware:
    """Refuses what is longer than the settings allow.

    A body that does not say its length is counted while it is read.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        body_bytes_max: int,
        upload_bytes_max: int,
        takes_upload: TakesUpload,
        header_bytes_max: int,
        headers_max: int,
        target_bytes_max: int,
    ) -> None:
        self.app = app
        self._headers = headers_max
        self._body = body_bytes_max
        self._upload = upload_bytes_max
        self._takes_upload = takes_upload
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
            length = self._length(scope["headers"])
            if length is None:
                receive = self._counted(receive, scope)
            elif length > self._body and length > (longest := self._longest(scope)):
                raise _too_large(longest)
        await self.app(scope, receive, send)

    def _length(self, headers: list[tuple[bytes, bytes]]) -> int | None:
        """Returns the length of the body, None where the headers do not tell it."""
        if len(headers) > self._headers:
            raise HeadersTooLarge(f"a request may have {self._headers} header fields")
        size, length = 0, None
        for name, value in headers:
            size += len(name) + len(value)
            if name == b"content-length":
                if not value.isdigit():
                    raise InvalidArgument("Content-Length is no number")
                length = int(value)
        if size > self._header:
            raise HeadersTooLarge(f"the header section may have {self._header} bytes")
        return length

    def _longest(self, scope: Scope) -> int:
        upload = scope["type"] == "http" and self._takes_upload(
            scope["method"], str(scope["raw_path"], "latin-1")
        )
        return self._upload if upload else self._body

    def _counted(self, receive: Receive, scope: Scope) -> Receive:
        longest, taken = self._body, 0

        async def counted() -> Message:
            nonlocal longest, taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > longest:
                longest = self._longest(scope)
                if taken > longest:
                    raise _too_large(longest)
            return message

        return counted


def _too_large(longest: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body may have {longest} bytes")
