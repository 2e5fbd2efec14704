"""Files that are larger than an edge may grow, through a real one."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from edge.contracts.model import Contracts
from tests.edge.conftest import Oracle
from tests.edge.edge_process import EdgeProcess, edge_process

pytestmark = pytest.mark.slow

MEGABYTE = 2**20
FILE_BYTES = 64 * MEGABYTE
GROWTH_BYTES_MAX = 32 * MEGABYTE
PIECE = bytes(range(256)) * 256
FILES = "files.v1.Files"


class Keeper:
    """Serves the contract of files: digests what comes, and gives as much as is asked for."""

    def __init__(self, files: Contracts) -> None:
        self.oracle = Oracle(files.image)
        self.release = asyncio.Event()

    async def start(self) -> tuple[grpc.aio.Server, str]:
        server = grpc.aio.server()
        request, stored = self.oracle.kind("files.v1.UploadRequest"), "files.v1.Stored"
        asked = self.oracle.kind("files.v1.GetRequest")
        handlers = {
            "Upload": grpc.stream_unary_rpc_method_handler(self.upload, request.FromString, _write),
            "Put": grpc.stream_unary_rpc_method_handler(self.put, None, _write),
            "Download": grpc.unary_stream_rpc_method_handler(
                self.download, asked.FromString, _write
            ),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(FILES, handlers),))
        self.stored = self.oracle.kind(stored)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        return server, f"127.0.0.1:{port}"

    async def upload(self, requests: AsyncIterator[Any], context: Any) -> Any:
        size, digest, name, kind = 0, hashlib.sha256(), "", ""
        async for request in requests:
            name, kind = name or request.name, kind or request.content.content_type
            digest.update(request.content.data)
            size += len(request.content.data)
            if name == "files/refused":
                await context.abort(grpc.StatusCode.PERMISSION_DENIED, "not this one")
        return self.stored(name=name, size=size, content_type=kind, note=digest.hexdigest())

    async def put(self, requests: AsyncIterator[bytes], context: Any) -> Any:
        """Takes no second message before it is let."""
        await anext(requests)
        await self.release.wait()
        return self.stored(size=len([request async for request in requests]))

    async def download(self, request: Any, context: Any) -> AsyncIterator[Any]:
        body = self.oracle.kind("google.api.HttpBody")
        for at in range(request.size // len(PIECE)):
            if request.name == "files/broken" and at:
                await context.abort(grpc.StatusCode.DATA_LOSS, "gone")
            yield body(content_type="a/b" if at == 0 else "", data=PIECE)


def _write(message: Any) -> bytes:
    data: bytes = message.SerializeToString()
    return data


@pytest.fixture
async def keeper(files: Contracts) -> AsyncIterator[tuple[Keeper, str]]:
    keeper = Keeper(files)
    server, address = await keeper.start()
    yield keeper, address
    await server.stop(0)


@pytest.fixture
def edge(files: Contracts, keeper: tuple[Keeper, str], tmp_path: Path) -> Iterator[EdgeProcess]:
    image = tmp_path / "files.binpb"
    image.write_bytes(files.image)
    with edge_process(image, f"{FILES}={keeper[1]}", upload_bytes_max=str(FILE_BYTES)) as found:
        yield found


async def pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // len(PIECE)):
        yield PIECE


async def test_files_pass_in_both_directions_in_bounded_memory(edge: EdgeProcess) -> None:
    async with httpx.AsyncClient(base_url=edge.url, timeout=30) as client:
        await client.post("/v1/files/warm", content=pieces(MEGABYTE))
        before = edge.resident_bytes
        headers = {"content-type": "video/x"}
        stored = await client.post("/v1/files/a", content=pieces(FILE_BYTES), headers=headers)
        digest = hashlib.sha256(PIECE * (FILE_BYTES // len(PIECE))).hexdigest()
        assert stored.json() == {
            "name": "files/a", "size": str(FILE_BYTES), "contentType": "video/x", "note": digest,
        }  # fmt: skip
        assert edge.resident_bytes - before < GROWTH_BYTES_MAX
        taken = hashlib.sha256()
        url = f"/v1/files/a:download?size={FILE_BYTES}"
        async with client.stream("GET", url) as answer:
            assert answer.headers["content-type"] == "a/b"
            async for piece in answer.aiter_bytes():
                taken.update(piece)
        assert taken.hexdigest() == digest
        assert edge.resident_bytes - before < GROWTH_BYTES_MAX


async def test_nobody_need_be_fast(edge: EdgeProcess, keeper: tuple[Keeper, str]) -> None:
    """Neither an upstream nor a client that does not read makes the edge hold more."""
    async with httpx.AsyncClient(base_url=edge.url, timeout=30) as client:
        await client.post("/v1/files/warm", content=pieces(MEGABYTE))
        before = edge.resident_bytes
        putting = asyncio.create_task(client.put("/v1/raw", content=pieces(FILE_BYTES)))
        async with client.stream("GET", f"/v1/files/a:download?size={FILE_BYTES}") as answer:
            await anext(answer.aiter_raw())
            held = [edge.resident_bytes for _ in range(5) if not await asyncio.sleep(0.05)]
            assert max(held) - before < GROWTH_BYTES_MAX
            assert not putting.done()
        keeper[0].release.set()
        assert int((await putting).json()["size"]) == FILE_BYTES // len(PIECE) - 1


async def test_an_upload_past_its_bound_or_refused_is_answered(edge: EdgeProcess) -> None:
    async with httpx.AsyncClient(base_url=edge.url, timeout=30) as client:
        refused = await client.post("/v1/files/refused", content=pieces(MEGABYTE // 2))
        assert (refused.status_code, refused.json()["detail"]) == (403, "not this one")
        head = (
            f"POST /v1/files/a HTTP/1.1\r\nHost: edge\r\nContent-Length: {FILE_BYTES + 1}\r\n\r\n"
        )
        assert b" 413 " in edge.talk(head.encode() + b"x" * MEGABYTE)
        assert (await client.post("/v1/chat", content=b"x" * (MEGABYTE + 1))).status_code == 413


async def test_a_download_that_breaks_is_known_for_broken(edge: EdgeProcess) -> None:
    async with httpx.AsyncClient(base_url=edge.url, timeout=30) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(f"/v1/files/broken:download?size={MEGABYTE}")
