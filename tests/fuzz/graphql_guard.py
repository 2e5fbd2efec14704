"""Searches for documents that take long to judge, and for writings that differ in cost.

python -m tests.fuzz.graphql_guard --seconds 60
"""

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from graphql import GraphQLError

from edge.contracts.derived import Derived, derive
from edge.contracts.load import load_contracts
from edge.graphql.cost import find_prices
from edge.graphql.guard import Bounds, Documents
from edge.graphql.schema import build_schema
from mesh.errors import InvalidArgument
from tests.fuzz.documents import Hostile, Operations, Writing

CPU_SECONDS_MAX = 0.050
IMAGE = Path(__file__).parents[2] / "gen" / "contracts.binpb"


@dataclass
class Findings:
    """What a search found; `slow` and `unequal` hold whole documents."""

    documents: int = 0
    compared: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    slow: list[tuple[float, str]] = field(default_factory=list)
    unequal: list[tuple[str, str]] = field(default_factory=list)


class Search:
    """Judges documents of one set of contracts."""

    def __init__(self, derived: Derived, seed: int) -> None:
        self._schema = schema = build_schema(derived)._schema
        self._prices = find_prices(derived)
        self._documents = self._new()
        self._random = Random(seed)
        self._operations = Operations(schema, self._random)
        self._hostile = Hostile(schema, self._random)
        self.findings = Findings()

    def run(self, seconds: float) -> Findings:
        """Returns what is found in that time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for _ in range(20):
                self._judge(*self._hostile.draw())
            self._compare()
        return self.findings

    def _judge(self, kind: str, text: str) -> str | int:
        """Returns what the guard says: a cost, or why not."""
        before = time.process_time()
        verdict = _verdict(self._documents, text)
        spent = time.process_time() - before
        if spent > CPU_SECONDS_MAX:  # or something else ran on this core
            spent = min(spent, *(self._again(text) for _ in range(4)))
        found = self.findings
        found.documents += 1
        found.kinds[f"{kind}: {verdict if isinstance(verdict, str) else 'passed'}"] += 1
        found.slowest[kind] = max(spent, found.slowest.get(kind, 0.0))
        if spent > CPU_SECONDS_MAX:
            found.slow.append((spent, text))
        return verdict

    def _new(self) -> Documents:
        return Documents(Bounds(), self._prices, self._schema)

    def _again(self, text: str) -> float:
        documents = self._new()
        before = time.process_time()
        _verdict(documents, text)
        return time.process_time() - before

    def _compare(self) -> None:
        """Writes one operation plainly and in four other ways: all must cost the same."""
        operation = self._operations.draw()
        plain = Writing(self._random, restless=0.0).write(operation)
        cost = self._judge("valid", plain)
        for _ in range(4):
            other = Writing(self._random).write(operation)
            verdict = self._judge("written otherwise", other)
            if not {cost, verdict} & _OTHER_LIMITS:
                self.findings.compared += 1
                if verdict != cost:
                    self.findings.unequal.append((plain, other))


_OTHER_LIMITS = {
    "TOKEN_LIMIT", "ALIAS_LIMIT", "ROOT_FIELD_LIMIT", "SIZE_LIMIT", "DEPTH_LIMIT", "invalid",
}  # fmt: skip


def _verdict(documents: Documents, text: str) -> str | int:
    try:
        known = documents.read(text)
        if known.errors:
            return "invalid"
        return known.operations[0].charge({}) if known.operations else "invalid"
    except InvalidArgument as error:
        return error.reason
    except GraphQLError:
        return "no GraphQL"


def search(seconds: float, seed: int = 0) -> Findings:
    """Returns what is found in that time with the contracts of the shop."""
    return Search(derive(load_contracts(IMAGE)), seed).run(seconds)


def main() -> int:
    """Prints what is found; returns 1 where something is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    found = search(given.seconds, given.seed)
    for kind, spent in sorted(found.slowest.items(), key=lambda item: -item[1]):
        print(f"{kind}: at most {spent * 1000:.1f} ms")
    for kind, count in sorted(found.kinds.items()):
        print(f"{count:8} {kind}")
    for spent, text in found.slow[:5]:
        print(f"SLOW {spent * 1000:.1f} ms: {text[:2000]}")
    for pair in found.unequal[:3]:
        print("UNEQUAL", *pair, sep="\n  ")
    print(f"{found.documents} documents, {found.compared} pairs of writings")
    return 1 if found.slow or found.unequal else 0


if __name__ == "__main__":
    sys.exit(main())
