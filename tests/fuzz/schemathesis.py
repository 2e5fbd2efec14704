"""The long form of the fuzzing of a whole mesh by what it says of itself.

    python -m tests.fuzz.schemathesis --seconds 480

REST by its OpenAPI document, REST in steps along the document's links, GraphQL by its schema; each
in a process of its own, against one mesh on the loopback. Ends with a line each, and with exit code
1 where something was found.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.flows.processes import ROOT, running

ENDLESS_CASES = 100_000
"""For each operation: the time ends a run, not the number."""
GRACE_SECONDS = 120
REST_CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)
WATCHED = ":watch$"
"""A stream that is watched does not end."""


@dataclass(frozen=True)
class Plan:
    """One run of schemathesis: what describes the API, what is checked, and how."""

    name: str
    path: str
    checks: str
    phases: str

    def words(self, url: str, bounds: "Bounds", report: Path) -> list[str]:
        """Returns the command; the same seed gives the same cases."""
        options: dict[str, object] = {
            "checks": self.checks,
            "phases": self.phases,
            "max-examples": bounds.cases,
            "seed": bounds.seed,
            "exclude-path-regex": WATCHED,
            "generation-database": "none",
            "request-timeout": 30,
            "warnings": "off",
            "report": "json",
            "report-json-path": report,
        }
        if bounds.seconds:
            options["max-time"] = bounds.seconds
        told = [f"--{name}={value}" for name, value in options.items()]
        program = Path(sys.executable).with_name("schemathesis")
        return [str(program), "run", url + self.path, "--no-color", "--no-shrink", *told]


@dataclass(frozen=True)
class Bounds:
    """How long a run is: so many cases for each operation, or scenarios; or until the time ends."""

    cases: int = ENDLESS_CASES
    seconds: int = 0
    seed: int = 1


REST = Plan("REST", "/openapi.json", REST_CHECKS, "examples,coverage,fuzzing")
STEPS = Plan("REST in steps", "/openapi.json", REST_CHECKS, "stateful")
GRAPHQL = Plan("GraphQL", "/graphql", "graphql_answer", "fuzzing")
PLANS = (REST, STEPS, GRAPHQL)


@dataclass(frozen=True)
class Outcome:
    """What one run found. `report` is schemathesis's own."""

    plan: Plan
    report: dict[str, Any]
    output: str

    @property
    def cases(self) -> int:
        """The requests that were made and checked."""
        return int(self.report["test_cases"]["generated"])

    @property
    def clean(self) -> bool:
        """True where every answer was as it should be."""
        return not (self.report["failures"] or self.report["errors"])

    def __str__(self) -> str:
        operations = self.report["operations"]
        seconds = self.report["running_time"]
        found = "nothing" if self.clean else f"{len(self.report['failures'])} failures"
        return (
            f"{self.plan.name}: {self.cases} cases, {operations['tested']} of "
            f"{operations['total']} operations, {seconds:.0f} s, found {found}"
        )


def fuzz(url: str, plans: Iterable[Plan], bounds: Bounds, folder: Path) -> list[Outcome]:
    """Runs plans side by side."""
    kept = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzz.checks", "PYTHONPATH": str(ROOT)}
    started = []
    for number, plan in enumerate(plans):
        report, output = folder / f"{number}.json", folder / f"{number}.txt"
        with output.open("w") as out:
            process = subprocess.Popen(
                plan.words(url, bounds, report),
                cwd=folder,
                env=kept,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        started.append((plan, process, report, output))
    return [_outcome(*each, bounds.seconds + GRACE_SECONDS) for each in started]


def _outcome(
    plan: Plan, process: subprocess.Popen[bytes], report: Path, output: Path, seconds: int
) -> Outcome:
    process.wait(seconds)
    assert report.is_file(), output.read_text()
    return Outcome(plan, json.loads(report.read_text()), output.read_text())


def main() -> int:
    """Fuzzes a mesh of its own; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.fuzz.schemathesis")
    parser.add_argument("--seconds", type=int, default=480, help="how long")
    parser.add_argument("--seed", type=int, default=1, help="another one makes other cases")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, running(Path(scratch) / "data") as mesh:
        bounds = Bounds(seconds=options.seconds, seed=options.seed)
        found = fuzz(mesh.url, PLANS, bounds, Path(scratch))
    for outcome in found:
        print(outcome if outcome.clean else f"{outcome.output}\n{outcome}")
    print(f"{sum(outcome.cases for outcome in found)} cases in all")
    return 0 if all(outcome.clean for outcome in found) else 1


if __name__ == "__main__":
    sys.exit(main())
