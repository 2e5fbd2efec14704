"""Head and body of an answer in one write: each write of its own is a call of the system."""

import asyncio
from typing import Any

GATHERED_BYTES_MAX = 64 * 2**10


class OneWrite:
    """A transport that gathers what is written in one turn of the event loop.

    Nothing waits longer than for the turn to end, nor for more than GATHERED_BYTES_MAX, so whoever
    writes much is told to pause as ever; closing and handing over send first.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._call_soon = asyncio.get_running_loop().call_soon
        self._waiting: list[bytes] = []
        self._bytes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Sends the bytes with whatever else this turn writes."""
        if not self._waiting:
            self._call_soon(self._send)
        self._waiting.append(data)
        self._bytes += len(data)
        if self._bytes >= GATHERED_BYTES_MAX:
            self._send()

    def write_eof(self) -> None:
        """Says that nothing follows, once all is sent."""
        self._send()
        self._transport.write_eof()

    def close(self) -> None:
        """Closes once all is sent."""
        self._send()
        self._transport.close()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hands the connection over, to a WebSocket for example."""
        self._send()
        self._transport.set_protocol(protocol)

    def _send(self) -> None:
        if self._waiting:
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._bytes = 0
            self._transport.write(data)
