"""What is printed: a table for each case, and the ratios to each rival."""

import argparse
from collections.abc import Mapping, Sequence
from statistics import median

from bench.cases import Case
from bench.load import Load
from bench.measure import Figures
from bench.rivals import OURS

LEGEND = """CPU: ms per 1,000 requests
ours ×: our requests/s to theirs
bound ×: the same if CPU alone were short, the edge's on its core or the backends' on theirs;
other work on the machine disturbs it least"""


def print_head(load: Load, options: argparse.Namespace) -> None:
    """Prints what the figures were measured on."""
    backend = "the shop's services with SQLite" if options.shop else "the light backend (memory)"
    by = "wrk" if load.wrk else "our own generator, which takes its share of a core"
    where = "edge on its own core, backends and load on another" if options.pin else "not pinned"
    print(f"backends: {backend}; load: {by}; {where}")
    print(LEGEND)
    print(f"{load.connections} connections, medians of {options.rounds} × {load.seconds:g} s\n")


def print_case(case: Case, found: Mapping[str, Figures]) -> None:
    """Prints the figures of one case, and how ours stand to the others'."""
    ours = found[OURS.name]
    columns = (
        "requests/s",
        "p50 ms",
        "p99 ms",
        "edge CPU",
        "backend CPU",
        "RSS MiB",
        "ours ×",
        "bound ×",
    )
    print(case.title)
    print("{:32}{:>11}{:>9}{:>9}{:>10}{:>12}{:>9}{:>8}{:>9}".format("", *columns))
    for name, figures in found.items():
        print(_row(name, figures, ours), flush=True)
    print()


def _row(name: str, figures: Figures, ours: Figures) -> str:
    ratio = "" if figures is ours else f"{ours.per_second / figures.per_second:.2f}"
    bound = "" if figures is ours else f"{_busiest(figures) / _busiest(ours):.2f}"
    return (
        f"  {name:30}{figures.per_second:11,.0f}{figures.p50:9.2f}{figures.p99:9.2f}"
        f"{figures.edge_cpu:10,.0f}{figures.backend_cpu:12,.0f}{figures.rss:9,.0f}{ratio:>8}{bound:>9}"
    )


def _busiest(figures: Figures) -> float:
    """Returns the CPU time of a request on the core that is spent first."""
    return max(figures.edge_cpu, figures.backend_cpu)


def print_latency(rounds: Sequence[tuple[float, float, float]]) -> None:
    """Prints the medians at one connection: ours, a raw gRPC call, a hello."""
    ours, call, hello = (median(column) for column in zip(*rounds, strict=True))
    ratio = median(mine / (raw + least) for mine, raw, least in rounds)
    print("REST get at one connection, p50")
    print(f"  selvedge {ours:.3f} ms; raw gRPC call {call:.3f} ms + hello {hello:.3f} ms")
    print(f"  ratio {ratio:.2f}")
