"""What an answer's head and body cost on the wire."""

import asyncio

from edge.one_write import GATHERED_BYTES_MAX, OneWrite


class Written(asyncio.Transport):
    """A transport that remembers each write, and that it was closed."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 9)})
        self.said: list[object] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.said.append(bytes(data))

    def close(self) -> None:
        self.said.append("closed")

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.said.append(protocol)


async def test_what_one_turn_writes_is_one_write() -> None:
    inner = Written()
    transport = OneWrite(inner)
    transport.write(b"head")
    transport.write(b"body")
    assert inner.said == []
    await asyncio.sleep(0)
    assert inner.said == [b"headbody"]
    transport.write(b"next")
    await asyncio.sleep(0)
    assert inner.said == [b"headbody", b"next"]


async def test_what_waits_is_bounded() -> None:
    inner = Written()
    transport = OneWrite(inner)
    transport.write(bytes(GATHERED_BYTES_MAX - 1))
    assert inner.said == []
    transport.write(b"1")
    assert [len(said) for said in inner.said if isinstance(said, bytes)] == [GATHERED_BYTES_MAX]


async def test_closing_and_handing_over_send_first() -> None:
    inner = Written()
    transport = OneWrite(inner)
    transport.write(b"upgrade")
    protocol = asyncio.Protocol()
    transport.set_protocol(protocol)
    transport.write(b"bye")
    transport.close()
    await asyncio.sleep(0)
    assert inner.said == [b"upgrade", protocol, b"bye", "closed"]


async def test_the_rest_is_the_transports_own() -> None:
    assert OneWrite(Written()).get_extra_info("peername") == ("127.0.0.1", 9)
