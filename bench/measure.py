"""Rounds in turn: every edge is asked once in a round, so that a slow minute is everybody's."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.cases import Case
from bench.load import Load, Request, Result, fetch
from bench.process import Started
from bench.rivals import Rival


@dataclass(frozen=True, slots=True)
class Figures:
    """What one edge did in a case: medians over the rounds.

    Times in milliseconds; CPU in milliseconds per 1,000 requests; memory in MiB afterwards.
    """

    per_second: float
    p50: float
    p99: float
    edge_cpu: float
    backend_cpu: float
    rss: float


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that runs: the edges by name, and the backends behind all of them."""

    edges: Mapping[str, Started]
    backends: Sequence[Started]
    load: Load
    rounds: int

    def measure(self, case: Case, edges: Sequence[Rival]) -> dict[str, Figures]:
        """Returns the figures of each edge; the first round only warms up."""
        rounds: dict[str, list[Figures]] = {rival.name: [] for rival in edges}
        for rival in edges:
            self._check(case, rival)
        for number in range(self.rounds + 1):
            for rival in edges:
                rounds[rival.name].append(self._round(case, rival, number))
        return {name: _median(figures[1:]) for name, figures in rounds.items()}

    def _round(self, case: Case, rival: Rival, number: int) -> Figures:
        edge = self.edges[rival.name]
        before = edge.cpu_seconds(), self._backend_cpu()
        result = self.load.run(edge.address, case.requests_for(rival), number)
        edge_cpu, backend_cpu = edge.cpu_seconds() - before[0], self._backend_cpu() - before[1]
        return _figures(result, edge_cpu, backend_cpu, edge.rss_mib())

    def _backend_cpu(self) -> float:
        return sum(backend.cpu_seconds() for backend in self.backends)

    def _check(self, case: Case, rival: Rival) -> None:
        """Asks one request, and compares what it says of products with what is known of them.

        Raises:
            RuntimeError: the answer holds an error, or no product.
        """
        asked: Request = case.requests_for(rival)[0]
        said: dict[str, Any] = json.loads(asyncio.run(fetch(self.edges[rival.name].address, asked)))
        if said.get("errors") or '"title": "' not in json.dumps(said):
            raise RuntimeError(f"{rival.name} answers {asked.path}: {str(said)[:300]}")


def _figures(result: Result, edge_cpu: float, backend_cpu: float, rss: float) -> Figures:
    per_thousand = 1e6 / result.count
    return Figures(
        result.per_second,
        result.p50,
        result.p99,
        edge_cpu * per_thousand,
        backend_cpu * per_thousand,
        rss,
    )


def _median(rounds: Sequence[Figures]) -> Figures:
    columns = zip(
        *((f.per_second, f.p50, f.p99, f.edge_cpu, f.backend_cpu, f.rss) for f in rounds),
        strict=True,
    )
    return Figures(*map(median, columns))
