"""The least that a gRPC call costs: GetProduct in a loop, one at a time.

python -m bench.raw ADDRESS NAME COUNT    prints the median in milliseconds
"""

import asyncio
import sys
import time
from statistics import median

import grpc
import uvloop

from shop.catalog.v1 import catalog_pb2, catalog_pb2_grpc


async def _median_ms(address: str, name: str, count: int) -> float:
    async with grpc.aio.insecure_channel(address) as channel:
        stub = catalog_pb2_grpc.CatalogServiceStub(channel)
        request = catalog_pb2.GetProductRequest(name=name)
        times = []
        for _ in range(count):
            begun = time.perf_counter()
            await stub.GetProduct(request, timeout=2)
            times.append(time.perf_counter() - begun)
    return median(times) * 1000


async def _main() -> None:
    address, name, count = sys.argv[1:]
    await asyncio.sleep(0.3)  # until we are pinned
    print(await _median_ms(address, name, int(count)))


if __name__ == "__main__":
    uvloop.run(_main())
