"""The body of one HTTP request as the messages of a client-streaming method, piece by piece.

The first message holds what path, query and content type say and the first piece; those behind it
hold one piece each. No more than a piece waits here: the call takes messages as the upstream reads.
"""

from collections.abc import AsyncIterator

from starlette.types import Receive

from edge.contracts.upload import HTTP_BODY, is_bytes
from edge.rest.router import Binding
from edge.wire import delimited
from mesh.errors import InvalidArgument

PIECE_BYTES = 64 * 2**10
_CONTENT_TYPE, _DATA = 1, 2  # field numbers of google.api.HttpBody


class Pieces:
    """The body of a request in pieces of one size; `whole` once it has all come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.whole = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        held = bytearray()
        while not self.whole:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise InvalidArgument("the body ended too early")
            held += message.get("body", b"")
            self.whole = not message.get("more_body", False)
            while len(held) >= PIECE_BYTES:
                yield bytes(held[:PIECE_BYTES])
                del held[:PIECE_BYTES]
        if held:
            yield bytes(held)


class UploadPlan:
    """How the pieces of a body become messages of one binding that takes uploads."""

    def __init__(self, binding: Binding) -> None:
        field = binding.method.input.by_name.get(binding.rule.body)
        self._way = (field.number,) if field else ()
        self._bare = field is not None and is_bytes(field)
        assert self._way or binding.method.input.full_name == HTTP_BODY

    async def messages(
        self, first: bytes, content_type: bytes, pieces: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        """Yields the requests; `first` is the message without its piece. There is always one."""
        if content_type and not self._bare:
            kind = content_type.decode("latin-1").encode()  # a string of a message is UTF-8
            first += delimited((*self._way, _CONTENT_TYPE), kind)
        begun = False
        async for piece in pieces:
            data = delimited(self._way if self._bare else (*self._way, _DATA), piece)
            yield data if begun else first + data
            begun = True
        if not begun:
            yield first
