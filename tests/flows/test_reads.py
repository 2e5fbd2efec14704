"""R6 over four processes: many clients at once hear what each would have heard alone."""

import asyncio
import json

import httpx
import pytest

from tests.flows.processes import Mesh, wait_until

pytestmark = pytest.mark.slow

CLIENTS = 40


def test_r6_reads_at_once_are_answered_as_if_alone(mesh: Mesh, client: httpx.Client) -> None:
    names = [p["name"] for p in client.get("/v1/products?page_size=20").json()["products"]]
    paths = [f"/v1/{name}" for name in names]
    paths += ["/v1/products/gone", f"/v1/products/{'x' * 64}", "/v1/products?page_size=5"]
    paths += [f"/v1/products:batchGet?names={names[1]}&names=products/gone&names={names[0]}"]
    alone = {path: _said(client.get(path)) for path in paths}
    assert {status for status, _ in alone.values()} == {200, 400, 404}
    for path, answer in asyncio.run(_at_once(mesh.url, paths * 3)):
        assert _said(answer) == alone[path]
    spans = mesh.data / "traces" / "catalog.jsonl"
    wait_until(lambda: _batches(spans.read_text()) > 1)


async def _at_once(url: str, paths: list[str]) -> list[tuple[str, httpx.Response]]:
    limits = httpx.Limits(max_connections=CLIENTS)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=30) as client:
        answers = await asyncio.gather(*map(client.get, paths))
    return list(zip(paths, answers, strict=True))


def _said(answer: httpx.Response) -> tuple[int, object]:
    """Status and body; ids of the one request aside."""
    body = answer.json()
    return answer.status_code, {k: v for k, v in body.items() if k not in ("traceId", "requestId")}


def _batches(spans: str) -> int:
    """Returns how many batches the catalog has answered."""
    names = [json.loads(line)["name"] for line in spans.splitlines() if line.endswith("}")]
    return sum("BatchGetProducts" in name for name in names)
