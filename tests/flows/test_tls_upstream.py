"""An upstream behind TLS, whose certificate is checked."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme
from grpc_reflection.v1alpha import reflection

from shop.inventory.v1 import inventory_pb2 as pb
from shop.inventory.v1 import inventory_pb2_grpc as rpc

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SERVICE = "shop.inventory.v1.InventoryService"


class Stocks(rpc.InventoryServiceServicer):
    async def GetStock(self, request: pb.GetStockRequest, context: Any) -> pb.Stock:
        return pb.Stock(name=request.name, on_hand=3)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def address(authority: trustme.CA) -> AsyncIterator[str]:
    leaf = authority.issue_cert("localhost")
    chain = b"".join(pem.bytes() for pem in leaf.cert_chain_pems)
    pair = (leaf.private_key_pem.bytes(), chain)
    server = grpc.aio.server()
    rpc.add_InventoryServiceServicer_to_server(Stocks(), server)
    reflection.enable_server_reflection((SERVICE, reflection.SERVICE_NAME), server)
    port = server.add_secure_port("localhost:0", grpc.ssl_server_credentials([pair]))
    await server.start()
    yield f"https://localhost:{port}"
    await server.stop(0)


async def call(address: str, roots: Path, folder: Path) -> tuple[int | None, str, str]:
    words = ["call", f"{SERVICE}/GetStock", '{"name": "products/a/stocks/b"}', "--address", address]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", *words),
        cwd=ROOT,
        env={
            **os.environ,
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(roots),
            "SELVEDGE_DATA": str(folder),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_a_trusted_upstream_answers(
    address: str, authority: trustme.CA, tmp_path: Path
) -> None:
    roots = tmp_path / "roots.pem"
    authority.cert_pem.write_to_path(roots)
    code, out, err = await call(address, roots, tmp_path)
    assert code == 0, err
    assert json.loads(out)["onHand"] == 3


async def test_an_upstream_of_another_authority_is_refused(address: str, tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    trustme.CA().cert_pem.write_to_path(roots)
    code, out, err = await call(address, roots, tmp_path)
    assert (code, out) == (1, "")
    assert "does not answer" in err
