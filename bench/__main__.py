"""Ours beside what people would write, over the same services, in one run.

    python -m bench [--requests 4000] [--connections 32] [--rounds 3]

Prints, for each case, the ratio ours / theirs of requests per second (more is better) and of the
edge's CPU time per request (less is better), from rounds that take turns. Ratios hold when the
machine's speed drifts; the absolute figures beside them do not.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from bench.load import Request, Result, fetch, run
from mesh.discovery import Lease, LeaseDirectory

READY_SECONDS_MAX = 60.0
JOIN = (
    "{ products(first: 20) { nodes { title reviews(first: 3) { nodes { author rating } }"
    " stocks(first: 5) { nodes { location available } } } } }"
)


@dataclass(frozen=True)
class Edge:
    """One edge under test."""

    name: str
    address: str
    pid: int


@dataclass(frozen=True)
class Case:
    """The same requests for two edges."""

    name: str
    requests: list[Request]
    ours: Edge
    theirs: Edge


def main() -> None:
    """Starts everything, measures, prints, ends everything."""
    options = _options()
    with _mesh() as leases:
        address = {lease.service: lease.address for lease in leases}
        pids = {lease.service: lease.pid for lease in leases}
        ours = Edge("selvedge", address["edge"], pids["edge"])
        three = [address["catalog"], address["reviews"], address["inventory"]]
        with (
            _process("bench.naive_rest", address["catalog"]) as rest,
            _process("bench.naive_graphql", *three) as graphql,
        ):
            names = asyncio.run(_names(ours.address))
            asyncio.run(_measure(_cases(names, options.requests, ours, rest, graphql), options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--requests", type=int, default=4000, help="requests a round (REST get)")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


@contextlib.contextmanager
def _mesh() -> Iterator[list[Lease]]:
    """Runs the whole mesh in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:
        environment = {**os.environ, "SELVEDGE_DATA": folder, "SELVEDGE_EDGE_PORT": "0"}
        words = [sys.executable, "-m", "cli.main", "up"]
        process = subprocess.Popen(words, env=environment, stdout=nowhere)
        try:
            yield _ready(Path(folder), process)
        finally:
            process.terminate()
            process.wait()


def _ready(folder: Path, process: subprocess.Popen[bytes]) -> list[Lease]:
    limit = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < limit and process.poll() is None:
        leases = LeaseDirectory(folder / "run").leases()
        if len(leases) >= 4 and all(lease.ready for lease in leases):
            return leases
        time.sleep(0.1)
    raise SystemExit("the mesh did not become ready")


@contextlib.contextmanager
def _process(module: str, *words: str) -> Iterator[Edge]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", module, str(port), *words])
    try:
        _wait_for(port)
        yield Edge(module.rpartition(".")[2], f"127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    limit = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < limit:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise SystemExit("an edge did not become ready")


async def _names(address: str) -> list[str]:
    names: list[str] = []
    token = ""
    while True:
        page = json.loads(
            await fetch(address, Request.get(f"/v1/products?page_size=100&page_token={token}"))
        )
        names += [product["name"] for product in page["products"]]
        token = page["nextPageToken"]
        if not token:
            return names


def _cases(names: list[str], count: int, ours: Edge, rest: Edge, graphql: Edge) -> list[Case]:
    chosen = random.Random(7)
    gets = [Request.get(f"/v1/{chosen.choice(names)}") for _ in range(count)]
    lists = [Request.get("/v1/products?page_size=20")] * (count // 4)
    joins = [Request.post("/graphql", json.dumps({"query": JOIN}).encode())] * (count // 20)
    return [
        Case("REST get", gets, ours, rest),
        Case("REST list of 20", lists, ours, rest),
        Case("GraphQL join 20 × (3 + 5)", joins, ours, graphql),
    ]


async def _measure(cases: list[Case], options: argparse.Namespace) -> None:
    print(f"{options.connections} connections, median of {options.rounds} rounds in turn\n")
    print(f"{'':28}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'edge CPU ms/1000':>18}")
    for case in cases:
        rounds = []
        for _ in range(options.rounds + 1):
            rounds.append([await _one(case, edge, options) for edge in (case.ours, case.theirs)])
        _show(case, rounds[1:])


async def _one(case: Case, edge: Edge, options: argparse.Namespace) -> tuple[Result, float]:
    before = _cpu_seconds(edge.pid)
    result = await run(edge.address, case.requests, options.connections)
    cpu = (_cpu_seconds(edge.pid) - before) / len(case.requests)
    return result, cpu * 1e6


def _cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _show(case: Case, rounds: list[list[tuple[Result, float]]]) -> None:
    print(case.name)
    for index, edge in enumerate((case.ours, case.theirs)):
        results = [measured[index] for measured in rounds]
        figures = [
            median(value)
            for value in zip(
                *((r.per_second, r.p50, r.p99, cpu) for r, cpu in results), strict=True
            )
        ]
        print("  {:26}{:12,.0f}{:9.2f}{:9.2f}{:18,.0f}".format(edge.name, *figures))
    speed = median(ours[0].per_second / theirs[0].per_second for ours, theirs in rounds)
    cpu = median(ours[1] / theirs[1] for ours, theirs in rounds)
    print(f"  ratio: {speed:.2f} × the requests, {cpu:.2f} × the edge's CPU per request\n")


if __name__ == "__main__":
    main()
