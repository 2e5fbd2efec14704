"""Plans beside graphql-core, on random documents over several contracts (bar: they say the same).

    python -m tests.edge.graphql.plan.differing --count 10000 [--seed 1]

Prints how many documents each contract was asked, how many of them a plan answered, and the first
document on which the two differ, if there is one.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from graphql import OperationType

from cli.generate import compile_contracts
from cli.image import image_path
from edge.call import RequestContext
from edge.codec import Codec
from edge.contracts.derived import derive
from edge.contracts.load import load_contracts
from edge.graphql.engine import Engine
from edge.graphql.freshness import Freshness, calls_of
from edge.graphql.guard import Bounds, Documents
from edge.graphql.http.persisted import Automatic
from edge.graphql.http.request import Asked
from edge.graphql.plan import Plans
from edge.graphql.schema import build_schema
from edge.loading.execution import Execution
from edge.loading.reading import Reading
from mesh.deadline import Deadline
from tests.contracts.image import compile_image
from tests.contracts.packages import SETS
from tests.contracts.types import Types
from tests.edge.graphql.plan.answers import Answers
from tests.edge.graphql.plan.documents import Writer
from tests.edge.graphql.told import told

WIDE = Bounds(
    depth_max=50, aliases_max=10**6, root_fields_max=10**6, directives_max=10**6,
    tokens_max=10**6, cost_max=10**9, first_max=10**6, document_bytes_max=10**7,
)  # fmt: skip
FOREIGN = ("secretmanager", "pubsub", "servicedirectory")


class CountedPlans(Plans):
    """Plans that count what they answered."""

    answered = 0

    async def run(self, *given: Any) -> Any:
        """Returns what a plan says, as ever."""
        found = await super().run(*given)
        self.answered += found is not None
        return found


@dataclass(eq=False)
class Pair:
    """One set of contracts, with an engine that plans and one that leaves it to graphql-core."""

    name: str
    image: Path
    asked: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        contracts = load_contracts(self.image)
        self._types = Types(contracts.image)
        self._derived = derive(contracts)
        self._codec, self._reading = Codec(contracts), Reading(contracts)
        schema = build_schema(self._derived)
        self.core = schema._schema
        self.plans = CountedPlans(schema, self._derived)
        documents = Documents(WIDE, {}, self.core)
        fresh = Freshness(self.core, calls_of(self._derived))
        self._planned = Engine(schema, documents, Automatic(1), fresh, self.plans, suggests=True)
        self._plain = Engine(schema, documents, Automatic(1), fresh, suggests=True)

    async def differ(self, random: Random) -> str:
        """Asks one document of both; returns "" where they say the same, else what they said."""
        writer = Writer(self.core, random)
        asked = Asked(writer.query(), writer.variables)
        if self._planned.type_of(asked) is not OperationType.QUERY:
            self.asked["invalid"] += 1
            return ""
        self.asked["valid"] += 1
        seed = random.randrange(10**6)
        planned = await self._planned.execute(asked, lambda _: self._open(seed))
        plain = await self._plain.execute(asked, lambda _: self._open(seed))
        if told(planned) == told(plain):
            return ""
        return f"{self.name}\n{asked.query}\n{asked.variables}\n{told(planned)}\n{told(plain)}"

    async def masked(self, random: Random) -> tuple[str, str]:
        """Returns what is told where owners keep to masks, and where they do not."""
        writer = Writer(self.core, random)
        asked, seed = Asked(writer.query(), writer.variables), random.randrange(10**6)
        if self._planned.type_of(asked) is not OperationType.QUERY:
            return "", ""
        answers = [
            await self._planned.execute(asked, lambda _, masks=masks: self._open(seed, masks=masks))
            for masks in (True, False)
        ]
        said = [f"{asked.query} {asked.variables}\n{told(answer)}" for answer in answers]
        return said[0], said[1]

    def _open(self, seed: int, *, masks: bool = True) -> Execution:
        caller = Answers(self._derived, self._types, seed, masks=masks)
        request = RequestContext("r", Deadline.after(60))
        return Execution(self._codec, self._reading, caller, request)


def images(scratch: Path) -> dict[str, Path]:
    """Returns the contracts to try: the shop's, one with every kind of field, and foreign ones."""
    (scratch / "odd").mkdir()
    (scratch / "odd" / "odd.proto").write_text((Path(__file__).parent / "odd.proto").read_text())
    compile_contracts(scratch / "odd", scratch / "odd.binpb")
    foreign = {s.name: compile_image(s, scratch) for s in SETS if s.name in FOREIGN}
    return {"shop": image_path(), "odd": scratch / "odd.binpb", **foreign}


async def main(count: int, seed: int) -> int:
    """Compares that many valid documents; returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        pairs = [Pair(name, image) for name, image in images(Path(folder)).items()]
    random, done = Random(seed), 0  # noqa: S311 - the same documents for the same seed
    while done < count:
        pair = pairs[done % len(pairs)]
        if found := await pair.differ(random):
            print(found)
            return 1
        done = sum(pair.asked["valid"] for pair in pairs)
        if sys.stderr.isatty():
            print(f"\r{done} of {count}", end="", file=sys.stderr)
    for pair in pairs:
        print(f"{pair.name}: {dict(pair.asked)}, {pair.plans.answered} by a plan")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable()  # faults are part of it
    sys.exit(asyncio.run(main(options.count, options.seed)))
