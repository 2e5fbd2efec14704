"""The edge's end of a web socket: uvicorn's, but for one line of its log."""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class SocketProtocol(WebSocketsSansIOProtocol):
    """One socket. A refusal that was answered is the end of its handshake.

    uvicorn forgets that, and logs an error for each: whoever sends requests would write our log.
    """

    async def send(self, message: Any) -> None:
        """Sends what the application says."""
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True
