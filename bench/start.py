"""How an edge over thousands of methods starts: time, memory, the first answers.

    python -m bench.start [METHODS]

The contracts are Google's own (npm: google-proto-files), as many of their files as it takes.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import grpc_tools
from google.api import annotations_pb2
from google.protobuf import descriptor_pb2 as pb
from grpc_tools import protoc

from bench.load import Request, fetch
from bench.process import Started, free_port, started
from bench.rivals import NODE

METHODS = 7000
PROTOS = NODE / "node_modules" / "google-proto-files"
FOLDER = Path(sys.prefix) / "bench"
SERVICE = "google.cloud.aiplatform.v1.ModelService"
PATH = "/v1/projects/p/locations/l/models/m"
QUERY = json.dumps({"query": "{ __typename }"})


def main() -> None:
    """Measures one start."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else METHODS
    image = FOLDER / f"google-{wanted}.binpb"
    if not image.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        image.write_bytes(_subset(_compiled(), wanted))
    asyncio.run(_measure(image))


async def _measure(image: Path) -> None:
    async with _upstream() as address:
        port = free_port()
        words = [sys.executable, "-m", "cli.main", "edge", f"--contracts={image}", f"--port={port}"]
        words.append(f"--upstream={SERVICE}={address}")
        settings = {"SELVEDGE_ROUTE_CONFLICTS": "first", "SELVEDGE_LOG_LEVEL": "ERROR"}
        begun = time.monotonic()
        with started("selvedge", words, port, environment=settings) as edge:
            await fetch(edge.address, Request.get("/readyz"))
            _say("ready", begun, 0, edge)
            await _ask("first REST answer", edge, Request.get(PATH))
            await _ask("second REST answer", edge, Request.get(PATH))
            await _ask("first GraphQL answer", edge, Request.post("/graphql", QUERY))
            await _ask("second GraphQL answer", edge, Request.post("/graphql", QUERY))


async def _ask(what: str, edge: Started, request: Request) -> None:
    begun, cpu = time.monotonic(), edge.cpu_seconds()
    await fetch(edge.address, request)
    _say(what, begun, cpu, edge)


def _say(what: str, begun: float, cpu: float, edge: Started) -> None:
    seconds, used = time.monotonic() - begun, edge.cpu_seconds() - cpu
    print(f"{what:24}{seconds:8.2f} s {used:8.2f} s CPU {edge.rss_mib():8.0f} MiB", flush=True)


class _Everything(grpc.GenericRpcHandler):
    def service(self, details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        return grpc.unary_unary_rpc_method_handler(_answer)


async def _answer(request: bytes, context: object) -> bytes:
    return b""


@asynccontextmanager
async def _upstream() -> AsyncIterator[str]:
    """Runs a server that answers every method with the empty message."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_Everything(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


def _compiled() -> pb.FileDescriptorSet:
    files = [path.relative_to(PROTOS).as_posix() for path in sorted(PROTOS.rglob("*.proto"))]
    wanted = [name for name in files if not name.startswith(("google/protobuf/", "build/"))]
    image = FOLDER / "google.binpb"
    paths = [f"-I{PROTOS}", f"-I{Path(grpc_tools.__file__).parent / '_proto'}"]
    described = ["--include_imports", "--include_source_info", f"--descriptor_set_out={image}"]
    if protoc.main(["protoc", *paths, *described, *wanted]) != 0:
        raise SystemExit("the contracts do not compile")
    return pb.FileDescriptorSet.FromString(image.read_bytes())


def _subset(known: pb.FileDescriptorSet, wanted: int) -> bytes:
    """Returns the first files that together have so many methods with HTTP rules, and imports."""
    by_name = {file.name: file for file in known.file}
    kept: dict[str, pb.FileDescriptorProto] = {}
    count = 0
    for file in known.file:
        methods = sum(_reached(service.method) for service in file.service)
        if methods and count < wanted:
            count += methods
            _keep(file.name, by_name, kept)
    return pb.FileDescriptorSet(file=kept.values()).SerializeToString()


def _reached(methods: Iterable[pb.MethodDescriptorProto]) -> int:
    return sum(method.options.HasExtension(annotations_pb2.http) for method in methods)


def _keep(
    name: str,
    by_name: dict[str, pb.FileDescriptorProto],
    kept: dict[str, pb.FileDescriptorProto],
) -> None:
    if name not in kept:
        for imported in by_name[name].dependency:
            _keep(imported, by_name, kept)
        kept[name] = by_name[name]


if __name__ == "__main__":
    main()
