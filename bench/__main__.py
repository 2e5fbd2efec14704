"""Ours beside what others offer, over the same Python backends, in one run.

    python -m bench [--case get,join] [--quick] [--shop] [--connections 32] [--seconds 3]

Every edge is one process on a core of its own; backends and load share the other core. Ratios hold
when the machine's speed drifts, because rounds take turns; the absolute figures do not.
"""

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

from bench import rivals, upstreams
from bench.cases import Case, cases
from bench.load import Load, Request, fetch
from bench.measure import Bench
from bench.process import EDGE_CORE, OTHER_CORE, Started, pin
from bench.report import print_case, print_head, print_latency
from bench.rivals import Rival

RAW_CALLS = 3000
PAGE = Request.get("/v1/products?page_size=100&page_token={}")


def main() -> None:
    """Starts everything, measures, prints, ends everything."""
    options = _options()
    pin(os.getpid(), OTHER_CORE if options.pin else None)
    backend = upstreams.shop if options.shop else upstreams.light
    with backend(pinned=options.pin) as services, contextlib.ExitStack() as closing:
        addresses = {name: service.address for name, service in services.items()}
        edge = closing.enter_context(rivals.OURS.running(addresses, pinned=options.pin))
        names = asyncio.run(_names(edge.address))
        chosen = _chosen(cases(names, positions=not options.shop), options.case)
        wanted = {rival.name: rival for case in chosen for rival in case.rivals}
        present = list(_present(list(wanted.values())))
        edges = {rivals.OURS.name: edge}
        for rival in present:
            running = rival.running(addresses, pinned=options.pin)
            edges[rival.name] = closing.enter_context(running)
        load = Load(options.connections, options.seconds, rivals.wrk())
        print_head(load, options)
        bench = Bench(edges, list(services.values()), load, options.rounds)
        for case in chosen:
            asked = [rivals.OURS, *(rival for rival in case.rivals if rival in present)]
            print_case(case, bench.measure(case, asked))
        if not options.case or "latency" in options.case:
            _latency(edge, addresses, names, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument(
        "--case",
        type=lambda text: text.split(","),
        help="get,list,same,one,join,three,cold,latency",
    )
    parser.add_argument("--quick", action="store_true", help="one round of a second each")
    parser.add_argument("--shop", action="store_true", help="the real services, with databases")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=3, help="length of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--no-pin", dest="pin", action="store_false", help="leave cores to the system"
    )
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.rounds = 1, 1
    return options


def _chosen(found: Sequence[Case], keys: Sequence[str] | None) -> list[Case]:
    return [case for case in found if not keys or case.key in keys]


def _present(wanted: Sequence[Rival]) -> Iterator[Rival]:
    """Yields who is installed; names the others and what installs them."""
    for rival in wanted:
        if rival.installed():
            yield rival
        else:
            print(f"left out: {rival.name}; to install it: {rival.install}", file=sys.stderr)


async def _names(address: str) -> list[str]:
    names: list[str] = []
    token = ""
    while True:
        request = Request.get(PAGE.path.format(token))
        page = json.loads(await fetch(address, request))
        names += [product["name"] for product in page["products"]]
        token = page["nextPageToken"]
        if not token:
            return names


def _latency(
    edge: Started, addresses: dict[str, str], names: Sequence[str], options: argparse.Namespace
) -> None:
    """Measures the median at one connection beside what a call and an answer cost at least."""
    load = Load(1, options.seconds, rivals.wrk())
    gets = [Request.get(f"/v1/{name}") for name in names]
    with rivals.HELLO.running(addresses, pinned=options.pin) as hello:
        rounds = []
        for number in range(options.rounds + 1):
            answer = load.run(hello.address, [Request.get("/hello")], number).p50
            call = _raw(addresses["catalog"], names[0], options)
            rounds.append((load.run(edge.address, gets, number).p50, call, answer))
    print_latency(rounds[1:])


def _raw(address: str, name: str, options: argparse.Namespace) -> float:
    words = [sys.executable, "-m", "bench.raw", address, name, str(RAW_CALLS)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    pin(process.pid, EDGE_CORE if options.pin else None)
    said, _ = process.communicate()
    return float(said)


if __name__ == "__main__":
    main()
