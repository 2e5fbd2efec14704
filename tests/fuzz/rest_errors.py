"""Sends random requests to REST, whose upstream answers anything, and reads every refusal (bar 52).

A refusal is a problem, complete, and says nothing of what is inside: no stack trace, no SQL, no
file, no address.
"""

import argparse
import asyncio
import json
import logging
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from edge.app import create_app
from edge.call import RequestContext
from edge.config import EdgeSettings
from edge.contracts.load import load_contracts
from edge.contracts.model import Method
from mesh.errors import BY_CODE, Internal, Unknown
from tests.fuzz.rest_requests import Made, Requests

IMAGE = Path(__file__).parents[2] / "gen" / "contracts.binpb"
SECRET = (
    'Traceback (most recent call last): File "/srv/shop/store.py", line 3: '
    "SELECT * FROM orders WHERE id = 1; connect to 10.1.2.3:5432 or localhost:6379 failed"
)
LEAKS = re.compile(
    r"Traceback|File \"|\.py\b|site-packages|/(?:srv|usr|home|root|tmp|var)/|<class '|object at 0x"
    r"|\b(?:SELECT .* FROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET)\b"
    r"|(?:Key|Type|Value|Attribute)Error|\b\d{1,3}(?:\.\d{1,3}){3}\b|localhost|127\.0\.0\.1|NoneType|sqlalchemy|grpc\.aio",
    re.IGNORECASE,
)
MEMBERS = {"type", "title", "status", "detail", "instance", "code", "details", "traceId"}
PROBLEM = b"application/problem+json"
NO_PROBLEMS = frozenset({304})
"""Statuses other than 2xx that are no refusal: they have no body."""


class Moody:
    """An upstream that answers nothing, nonsense, or any error, and tells secrets where it can."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def serves(self, service: str) -> bool:
        return True

    async def unary(self, method: Method, request: bytes, context: RequestContext) -> bytes:
        mood = self._random.random()
        if mood < 0.3:
            return b""
        if mood < 0.4:
            return self._random.randbytes(20)
        if mood < 0.5:
            raise self._random.choice([RuntimeError, KeyError, OSError, RecursionError])(SECRET)
        kind = self._random.choice(list(BY_CODE.values()))
        raise kind(SECRET if issubclass(kind, Internal | Unknown) else "not so", reason="MOOD")

    async def stream(
        self, method: Method, request: bytes, context: RequestContext
    ) -> AsyncIterator[bytes]:
        for _ in range(self._random.randint(0, 2)):
            try:
                yield await self.unary(method, request, context)
            except (RuntimeError, KeyError, OSError) as error:
                raise Internal(SECRET) from error

    async def client_stream(
        self, method: Method, requests: AsyncIterator[bytes], context: RequestContext
    ) -> bytes:
        taken = [request async for request in requests]
        return await self.unary(method, b"".join(taken), context)


@dataclass
class Findings:
    """What came of it: answers by status, and what was wrong with refusals."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[tuple[Made, str]] = field(default_factory=list)

    @property
    def refusals(self) -> int:
        refused = self.statuses.keys() - NO_PROBLEMS
        return sum(self.statuses[status] for status in refused if status >= 300)


async def search(count: int, seed: int = 0) -> Findings:
    """Returns what is found in so many requests."""
    random = Random(seed)
    contracts = load_contracts(IMAGE)
    app = create_app(contracts, Moody(random), EdgeSettings())
    requests, findings = Requests(contracts, random), Findings()
    for _ in range(count):
        made = requests.draw()
        status, kind, body = await _ask(app, made)
        findings.statuses[status] += 1
        if said := _judged(made, status, kind, body):
            findings.wrong.append((made, said))
    return findings


async def _ask(app: Any, made: Made) -> tuple[int, bytes, bytes]:
    sent: list[Any] = []

    bodies = [made.body]

    async def receive() -> Any:
        if not bodies:
            await asyncio.Event().wait()  # nobody hangs up
        return {"type": "http.request", "body": bodies.pop()}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": made.verb, "path": "/", "raw_path": made.path, "headers":
        made.headers, "query_string": made.query, "scheme": "http", "server": None, "client": None,
        "root_path": "", "http_version": "1.1",
    }  # fmt: skip
    scope["path"] = made.path.decode()
    await app(scope, receive, send)
    headers = dict(sent[0]["headers"])
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], headers.get(b"content-type", b""), body


def _judged(made: Made, status: int, kind: bytes, body: bytes) -> str:
    """What is wrong with an answer; empty where nothing is."""
    if 200 <= status < 300 or status in NO_PROBLEMS:
        return ""
    if kind != PROBLEM:
        return f"{status} is {kind!r}"
    problem = json.loads(body)
    if missing := MEMBERS - problem.keys():
        return f"{status} lacks {sorted(missing)}"
    if problem["status"] != status or not problem["title"] or not int(problem["traceId"], 16):
        return f"{status} says {problem['status']}, {problem['title']!r}, {problem['traceId']!r}"
    if problem["instance"] != made.path.decode():
        return f"{status} is of {problem['instance']!r}"
    leak = LEAKS.search(body.decode())
    return f"{status} leaks {leak[0]!r}" if leak else ""


def main() -> int:
    """Prints what is found; returns 1 where something is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    logging.disable()
    found = asyncio.run(search(given.count, given.seed))
    for status, count in sorted(found.statuses.items()):
        print(f"{count:8} {status}")
    for made, said in found.wrong[:10]:
        print("WRONG", said, made)
    print(f"{found.refusals} refusals, {len(found.wrong)} wrong")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
